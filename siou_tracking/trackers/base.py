"""What a tracker is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

Info = Mapping[str, Any]
"""What a tracker is told with an image: 'init_bbox' with the first. Any: a tracker may be told more."""
Answer = dict[str, Any]
"""What a tracker finds: 'target_bbox', often 'score' and 'flag'. Any: a tracker may tell more."""


@runtime_checkable
class Tracker(Protocol):
    """A single-object tracker as PyTracking defines it: told the target once, then asked for it frame by frame."""

    def initialize(self, image: np.ndarray, info: Info) -> Answer | None:
        """Start on `image` (H, W, 3) uint8 RGB with `info['init_bbox']` = [x, y, w, h] in its pixels."""

    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Return at least `{'target_bbox': [x, y, w, h]}` for the next image."""
