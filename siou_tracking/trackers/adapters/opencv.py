"""Trackers that OpenCV ships, those that need no model file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info

CLASSES = {
    "boosting": "TrackerBoosting",
    "csrt": "TrackerCSRT",
    "kcf": "TrackerKCF",
    "medianflow": "TrackerMedianFlow",
    "mil": "TrackerMIL",
    "mosse": "TrackerMOSSE",
    "tld": "TrackerTLD",
}
"""Kind -> class name in cv2 or cv2.legacy; which exist depends on the wheel (all but MIL need opencv-contrib)."""


def opencv_kinds() -> dict[str, Callable[[], Any]]:  # Any: which classes there are depends on the wheel
    """Kind -> constructor, for the trackers this OpenCV has."""
    import cv2

    found = {}
    for kind, name in CLASSES.items():
        for module in (cv2, getattr(cv2, "legacy", None)):
            make = getattr(module, f"{name}_create", None)
            if make is not None:
                found[kind] = make
                break
    return found


class OpenCVTracker:
    """One of `opencv_kinds`; see `base.Tracker`. It sees whole pixels only, and its own random state is OpenCV's; none
    of these tells a score.

    Args:
        kind: a key of `opencv_kinds()`.
        seed: given to OpenCV's generator at every `initialize`.
    """

    def __init__(self, kind: str, seed: int = 0) -> None:
        self._make, self._kind, self._seed = opencv_kinds()[kind], kind, seed
        self._tracker: Any = None
        self._box: list[float] = []

    def initialize(self, image: np.ndarray, info: Info) -> Answer:
        """Start at info['init_bbox'] = [x, y, w, h], rounded and cut to the image."""
        import cv2

        where = f"opencv-{self._kind}: initialize"
        image = as_rgb(image, where)
        self._box = box_from_info(info, image, where)
        height, width = image.shape[:2]
        x, y, w, h = (round(value) for value in self._box)
        x, y = min(max(x, 0), width - 2), min(max(y, 0), height - 2)
        w, h = min(max(w, 2), width - x), min(max(h, 2), height - y)
        cv2.setRNGSeed(self._seed)
        self._tracker = self._make()
        try:
            self._tracker.init(np.ascontiguousarray(image[:, :, ::-1]), (x, y, w, h))
        except cv2.error as error:
            raise InputError(f"{where}: box {x},{y},{w},{h}: refused by OpenCV ({error.err})") from None
        return {"target_bbox": list(self._box), "flag": "init"}

    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Return OpenCV's box, or the last one with flag 'not_found'."""
        where = f"opencv-{self._kind}: track"
        image = as_rgb(image, where)
        if self._tracker is None:
            raise not_initialized(where)
        found, box = self._tracker.update(np.ascontiguousarray(image[:, :, ::-1]))
        usable = bool(found) and np.isfinite(box).all() and box[2] > 0 and box[3] > 0
        if usable:
            self._box = [float(value) for value in box]
        return {"target_bbox": list(self._box), "flag": "normal" if usable else "not_found"}
