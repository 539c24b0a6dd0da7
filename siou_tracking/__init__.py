"""Retrain visual trackers with the Smooth-IoU loss, then run, score and pack them for the benchmarks.

The names exported here are loaded on first use, so that `import siou_tracking` and `siou-tracking --help` stay instant.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "SmoothIoULoss": "siou_tracking.losses",
    "smooth_iou": "siou_tracking.losses",
    "build_box_loss": "siou_tracking.losses",
    "available_box_losses": "siou_tracking.losses",
    "load_tracker": "siou_tracking.trackers",
    "use_box_loss": "siou_tracking.bridge.retarget",
}
__all__ = [*_EXPORTS, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'siou_tracking' has no attribute {name!r}")
    return getattr(importlib.import_module(_EXPORTS[name]), name)
