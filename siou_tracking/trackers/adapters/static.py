"""The tracker that never moves: what any other tracker has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info


class StaticTracker:
    """Repeats the first box; see `base.Tracker`."""

    def __init__(self) -> None:
        self._box: list[float] | None = None

    def initialize(self, image: np.ndarray, info: Info) -> Answer:
        """Keep info['init_bbox'] = [x, y, w, h]."""
        image = as_rgb(image, "static: initialize")
        self._box = box_from_info(info, image, "static: initialize")
        return {"target_bbox": list(self._box), "flag": "init"}

    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Return the first box."""
        as_rgb(image, "static: track")
        if self._box is None:
            raise not_initialized("static: track")
        return {"target_bbox": list(self._box), "flag": "normal"}
