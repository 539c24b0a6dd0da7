"""Losses of boxes and of features.

Boxes: start reading in smooth_iou.py; names become losses in registry.py.
Features: start reading in margin.py; names become losses in feature_registry.py.
"""

from __future__ import annotations

from siou_tracking.losses.feature_registry import (
    FeatureLossEntry,
    available_feature_losses,
    build_feature_loss,
    describe_feature_loss,
)
from siou_tracking.losses.foreground import Foreground, gather_centers, gather_heatmap
from siou_tracking.losses.margin import DetectionMarginLoss, DIMLoss, IdentificationMarginLoss
from siou_tracking.losses.margin_base import DIMTerms
from siou_tracking.losses.margin_calibration import MarginCalibration, calibrate_margins
from siou_tracking.losses.registry import (
    LossEntry,
    available_box_losses,
    build_box_loss,
    build_box_similarity,
    describe,
)
from siou_tracking.losses.smooth_iou import SmoothIoULoss, smooth_iou, smooth_iou_loss
from siou_tracking.losses.task_balance import TaskBalance

__all__ = [
    "DIMLoss",
    "DIMTerms",
    "DetectionMarginLoss",
    "FeatureLossEntry",
    "Foreground",
    "IdentificationMarginLoss",
    "LossEntry",
    "MarginCalibration",
    "SmoothIoULoss",
    "TaskBalance",
    "available_box_losses",
    "available_feature_losses",
    "build_box_loss",
    "build_box_similarity",
    "build_feature_loss",
    "calibrate_margins",
    "describe",
    "describe_feature_loss",
    "gather_centers",
    "gather_heatmap",
    "smooth_iou",
    "smooth_iou_loss",
]
