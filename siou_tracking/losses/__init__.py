"""Box losses. Start reading in smooth_iou.py; names become losses in registry.py."""

from __future__ import annotations

from siou_tracking.losses.registry import (
    LossEntry,
    available_box_losses,
    build_box_loss,
    build_box_similarity,
    describe,
)
from siou_tracking.losses.smooth_iou import SmoothIoULoss, smooth_iou, smooth_iou_loss

__all__ = [
    "LossEntry",
    "SmoothIoULoss",
    "available_box_losses",
    "build_box_loss",
    "build_box_similarity",
    "describe",
    "smooth_iou",
    "smooth_iou_loss",
]
