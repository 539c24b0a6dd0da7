"""What an on-line tracker can be told."""

from __future__ import annotations

import dataclasses
import math

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.kalman import CHI2_95

ASSOCIATIONS = ("embedding", "iou")
_FRACTIONS = ("motion_weight", "feature_momentum", "duplicate_iou")


@dataclasses.dataclass(frozen=True)
class MOTParams:
    """Numbers of FairMOT's tracker (Zhang et al., IJCV 2021) where it has them; costs are those of `association`.

    Raises:
        InputError: a value that is not in its range, named.
    """

    association: str = "embedding"
    """embedding: appearance first, overlap for what is left. iou: overlap only, the baseline on equal detections."""
    detection_threshold: float = 0.4
    """Detections below this score are not used."""
    top_k: int = 128
    """Most detections a frame."""
    birth_threshold: float = 0.4
    """Lowest score that begins a track."""
    embedding_limit: float = 0.4
    """Highest fused cost of a match by appearance."""
    motion_weight: float = 0.02
    """Share of the squared Mahalanobis distance in that cost."""
    gate: float = CHI2_95
    """Largest squared Mahalanobis distance of a match by appearance."""
    iou_limit: float = 0.5
    """Highest 1 - IoU of a match by overlap after the appearance."""
    unconfirmed_limit: float = 0.7
    """Highest 1 - IoU for a track seen once."""
    iou_only_limit: float = 0.7
    """Highest 1 - IoU in the tracker without appearance, as in SORT (Bewley et al., ICIP 2016)."""
    feature_momentum: float = 0.9
    """Share of the past in a track's appearance."""
    lost_buffer: int = 30
    """Frames that a track may be missing, at 30 frames a second; scaled by the frame rate."""
    duplicate_iou: float = 0.85
    """Of a tracked and a lost track that overlap by more, the younger is dropped."""
    min_area: float = 0.0
    """Boxes of fewer square pixels are tracked but not reported; FairMOT takes 100."""
    max_aspect: float | None = None
    """Boxes wider than this times their height are tracked but not reported; FairMOT takes 1.6 for pedestrians."""

    def __post_init__(self) -> None:
        if self.association not in ASSOCIATIONS:
            raise unknown_name("association", self.association, ASSOCIATIONS)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "association" or (field.name == "max_aspect" and value is None):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise InputError(f"tracker: {field.name}: got {value!r}, allowed are finite numbers")
            whole = field.name in ("top_k", "lost_buffer")
            if (whole and value != int(value)) or value < (1 if field.name == "top_k" else 0):
                kind = "whole numbers" if whole else "numbers"
                raise InputError(f"tracker: {field.name}: got {value!r}, allowed are {kind} from 0 (top_k: 1)")
            if field.name in _FRACTIONS and value > 1:
                raise InputError(f"tracker: {field.name}: got {value!r}, allowed are numbers from 0 to 1")
