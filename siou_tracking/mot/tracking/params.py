"""What an on-line tracker can be told."""

from __future__ import annotations

import dataclasses
import math

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.tracking import ASSOCIATIONS
from siou_tracking.mot.tracking.kalman import CHI2_95

BOXES = ("detected", "filtered")
_FRACTIONS = ("overlap_weight", "motion_weight", "feature_momentum", "duplicate_iou")
_WHOLE = ("top_k", "lost_buffer", "min_length")
_POSITIVE = ("top_k", "min_length")
_SCORES = ("detection_threshold", "birth_threshold")  # of any sign: some detection files hold margins of a classifier


@dataclasses.dataclass(frozen=True)
class MOTParams:
    """Thresholds of detections, costs of matches as `association` has them, and what is reported.

    `FAIRMOT` holds the published numbers. The defaults differ where others did better on generated crowds with small
    networks, which tell people apart less well: overlap has a share in the first cost.

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
    embedding_limit: float = 0.55
    """Highest cost of a match in which appearance has a share."""
    overlap_weight: float = 0.4
    """Share of 1 - IoU in that cost."""
    motion_weight: float = 0.01
    """Share of the squared Mahalanobis distance in that cost."""
    gate: float = CHI2_95
    """Largest squared Mahalanobis distance of a match by appearance."""
    iou_limit: float = 0.7
    """Highest 1 - IoU of a match by overlap after the appearance."""
    unconfirmed_limit: float = 0.7
    """Highest 1 - IoU for a track seen once."""
    iou_only_limit: float = 0.8
    """Highest 1 - IoU in the tracker without appearance, as in ByteTrack (Zhang et al., ECCV 2022)."""
    feature_momentum: float = 0.9
    """Share of the past in a track's appearance."""
    lost_buffer: int = 30
    """Frames that a track may be missing, at 30 frames a second; scaled by the frame rate."""
    duplicate_iou: float = 0.85
    """Of a tracked and a lost track that overlap by more, the younger is dropped."""
    boxes: str = "detected"
    """What is reported of a track: the box that was "detected", or "filtered" by its motion, which lies worse where
    people are few pixels wide."""
    min_area: float = 0.0
    """Boxes of fewer square pixels are tracked but not reported; FairMOT takes 100."""
    min_length: int = 1
    """Tracks reported in fewer frames are left out of a result file; the one thing that is not on-line."""
    max_aspect: float | None = None
    """Boxes wider than this times their height are tracked but not reported; FairMOT takes 1.6 for pedestrians."""

    def __post_init__(self) -> None:
        if self.association not in ASSOCIATIONS:
            raise unknown_name("association", self.association, ASSOCIATIONS)
        if self.boxes not in BOXES:
            raise unknown_name("kind of reported boxes", self.boxes, BOXES)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in ("association", "boxes") or (field.name == "max_aspect" and value is None):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise InputError(f"tracker: {field.name}: got {value!r}, allowed are finite numbers")
            if field.name in _SCORES:
                continue
            whole, least = field.name in _WHOLE, 1 if field.name in _POSITIVE else 0
            if (whole and not isinstance(value, int)) or value < least:
                kind = "whole numbers" if whole else "numbers"
                raise InputError(f"tracker: {field.name}: got {value!r}, allowed are {kind} from {least}")
            if field.name in _FRACTIONS and value > 1:
                raise InputError(f"tracker: {field.name}: got {value!r}, allowed are numbers from 0 to 1")
        if self.overlap_weight + self.motion_weight > 1:
            weights = f"{self.overlap_weight} + {self.motion_weight}"
            raise InputError(f"tracker: overlap_weight + motion_weight: got {weights}, allowed is up to 1")


FAIRMOT = MOTParams(
    detection_threshold=0.4,
    top_k=500,
    birth_threshold=0.4,
    embedding_limit=0.4,
    overlap_weight=0.0,
    motion_weight=0.02,
    iou_limit=0.5,
    boxes="filtered",
    min_area=100.0,
    max_aspect=1.6,
)
"""The numbers of FairMOT's tracker for pedestrians (Zhang et al., IJCV 2021)."""
