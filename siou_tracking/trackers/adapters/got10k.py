"""Our trackers inside the got10k toolkit's experiments (OTB, VOT, LaSOT, GOT-10k, ...)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.errors import InputError

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Tracker


class _WithoutToolkit:
    """Base class where the toolkit, which is optional, is missing; the two calls still work."""

    def __init__(self, name: str, is_deterministic: bool = False) -> None:
        self.name = name
        self.is_deterministic = is_deterministic


try:
    from got10k.trackers import Tracker as _Base
except ImportError:
    _Base = _WithoutToolkit


class Got10kTracker(_Base):
    """A `base.Tracker` as a `got10k.trackers.Tracker`: `ExperimentOTB(root).run(Got10kTracker(tracker, "ATOM"))`.

    Args:
        tracker: any tracker with initialize/track.
        name: folder that the toolkit makes for the results.
        is_deterministic: GOT-10k then runs it once instead of three times; ours are, on one machine for a fixed seed.
    """

    def __init__(self, tracker: Tracker, name: str, is_deterministic: bool = True) -> None:
        super().__init__(name, is_deterministic)
        self.tracker = tracker

    def init(self, image: object, box: object) -> None:
        """Start on a PIL image or an RGB array with a box (4,) xywh."""
        self.tracker.initialize(_as_array(image), {"init_bbox": np.asarray(box, dtype=np.float64).tolist()})

    def update(self, image: object) -> np.ndarray:
        """The box (4,) xywh in the next image."""
        return np.asarray(self.tracker.track(_as_array(image))["target_bbox"], dtype=np.float64)


def _as_array(image: object) -> np.ndarray:
    """RGB uint8 out of a PIL image of any mode, or an array as it is."""
    if isinstance(image, np.ndarray):
        return image
    if not hasattr(image, "convert"):
        raise InputError(f"image: got {type(image).__name__}, allowed are PIL images and arrays")
    return np.asarray(image.convert("RGB"))
