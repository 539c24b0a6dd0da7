"""Turns drawn frames into network input: jitter, crop, augment, proposals, labels, under PyTracking's class names."""

from siou_tracking.ltr.data.processing.atom import ATOMProcessing, KLBBregProcessing
from siou_tracking.ltr.data.processing.base import BaseProcessing, stack_tensors
from siou_tracking.ltr.data.processing.dimp import DiMPProcessing, KLDiMPProcessing
from siou_tracking.ltr.data.processing.tomp import LTRBDenseRegressionProcessing

__all__ = [
    "ATOMProcessing",
    "BaseProcessing",
    "DiMPProcessing",
    "KLBBregProcessing",
    "KLDiMPProcessing",
    "LTRBDenseRegressionProcessing",
    "stack_tensors",
]
