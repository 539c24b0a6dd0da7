from .artrack import ARTrackActor
from .artrack_seq import ARTrackSeqActor
from .base_actor import BaseActor
from .mixformer import MixFormerActor
from .odtrack import ODTrackActor
from .ostrack import OSTrackActor
from .stark import STARKSActor, STARKSTActor

__all__ = [
    "ARTrackActor",
    "ARTrackSeqActor",
    "BaseActor",
    "MixFormerActor",
    "ODTrackActor",
    "OSTrackActor",
    "STARKSActor",
    "STARKSTActor",
]
