from .base_actor import BaseActor
from .bbreg import AtomActor
from .tracking import DiMPActor, KYSActor

__all__ = ["AtomActor", "BaseActor", "DiMPActor", "KYSActor"]
