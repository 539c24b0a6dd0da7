"""What a tracker is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Tracker(Protocol):
    """A single-object tracker as PyTracking defines it: told the target once, then asked for it frame by frame."""

    def initialize(self, image: np.ndarray, info: Mapping[str, Any]) -> dict[str, Any] | None:
        """Start on `image` (H, W, 3) uint8 RGB with `info['init_bbox']` = [x, y, w, h] in its pixels."""

    def track(self, image: np.ndarray, info: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return at least `{'target_bbox': [x, y, w, h]}` for the next image."""
