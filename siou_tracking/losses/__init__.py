"""Losses of boxes and of features.

Boxes: start reading in box/smooth_iou.py; names become losses in box/registry.py.
Features: start reading in feature/margin.py; names become losses in feature/registry.py.
"""

from __future__ import annotations

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.registry import (
    available_box_losses,
    build_box_loss,
    build_box_similarity,
    describe,
    registered_box_losses,
)
from siou_tracking.losses.box.smooth_iou import SmoothIoULoss, smooth_iou, smooth_iou_loss
from siou_tracking.losses.feature.base import DIMTerms
from siou_tracking.losses.feature.calibration import MarginCalibration, calibrate_margins
from siou_tracking.losses.feature.foreground import Foreground, gather_centers, gather_heatmap
from siou_tracking.losses.feature.margin import DetectionMarginLoss, DIMLoss, IdentificationMarginLoss
from siou_tracking.losses.feature.registry import (
    FeatureLossEntry,
    available_feature_losses,
    build_feature_loss,
    describe_feature_loss,
)
from siou_tracking.losses.feature.task_balance import TaskBalance

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
    "registered_box_losses",
    "smooth_iou",
    "smooth_iou_loss",
]
