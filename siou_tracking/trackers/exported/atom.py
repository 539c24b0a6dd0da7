"""Online ATOM from an exported file: the graphs by onnxruntime, the rest in NumPy and OpenCV; torch is not needed.

In NumPy are the crops, the random copies and start boxes, the choice among peaks, and which sample is remembered: what
is small, branches, or is kept from frame to frame. It follows `atom.tracker.ATOM` draw by draw, so that equal seeds
give equal boxes but for rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized
from siou_tracking.trackers.atom.params import EXPANSION, AtomParams
from siou_tracking.trackers.exported.boxes import Square
from siou_tracking.trackers.exported.first_frame import draw_motions, drop_channels, features_of_copies, sampling_maps
from siou_tracking.trackers.exported.model import ExportedTargetModel
from siou_tracking.trackers.exported.refining import BoxRefiner
from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.geometry import Target, cut_square
from siou_tracking.trackers.online.localization import Localization, localize

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info


class ExportedATOM:
    """Tracks one target; see `base.Tracker` for the two calls.

    Args:
        steps: the graphs, see `building.atom_steps`.
        params: those that they were exported with.
        seed: of everything random; drawn anew at every `initialize`.
    """

    def __init__(self, steps: Steps, params: AtomParams, seed: int = 0) -> None:
        self.params = params
        self.seed = seed
        self._steps = steps
        self._model: ExportedTargetModel | None = None

    def initialize(self, image: np.ndarray, info: Info) -> Answer:
        """Learn the target; as `ATOM.initialize`."""
        params, size = self.params, self.params.patch_size
        image = as_rgb(image, "atom: initialize")
        box = box_from_info(info, image, "atom: initialize")
        height, width = image.shape[:2]
        self._random = TorchRandom(self.seed)
        self._target = target = Target.from_box(box).confined(width, height, params.min_side)
        self._frame = 1
        side = EXPANSION * target.search_side(params.search_area_factor)
        region, center, scale = cut_square(image, (target.cx, target.cy), side, EXPANSION * size)
        square = Square(center, scale, size)
        linear, shifts = draw_motions(params.augmentations, size, self._random)
        (copies,) = self._steps.run("augment", region=region, theta=sampling_maps(linear, shifts, size, len(region)))
        fine, coarse, stacked = features_of_copies(self._steps, copies)
        self._refiner = BoxRefiner(self._steps, params, fine, coarse, square.to_square(target.box()), size)
        stride = size / stacked.shape[-1]
        dropped = drop_channels(stacked[:1], params.augmentations, self._random)
        offset = np.array(self._offset(target, square), np.float32)
        offsets = linear @ offset + shifts
        offsets = np.concatenate([offsets, offsets[:1].repeat(len(dropped), axis=0)]) / np.float32(stride)
        cells = target.search_side(1.0) / scale / stride
        self._model = ExportedTargetModel(
            self._steps, np.concatenate([stacked, dropped]), offsets, cells, params, self._random
        )
        return {"target_bbox": box, "score": 1.0, "flag": "init"}

    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Find the target in the next image; as `ATOM.track`."""
        if self._model is None:
            raise not_initialized("atom: track")
        params, model = self.params, self._model
        image = as_rgb(image, "atom: track")
        height, width = image.shape[:2]
        self._frame += 1
        side = self._target.search_side(params.search_area_factor)
        pixels, center, scale = cut_square(image, (self._target.cx, self._target.cy), side, params.patch_size)
        square = Square(center, scale, params.patch_size)
        fine, coarse, stacked = self._steps.run("features", pixels=pixels[None])
        projected, scores = model.search(stacked)
        stride = square.size / projected.shape[-1]
        x, y = model.center
        found = localize(scores, (x * stride, y * stride), (self._target.w / scale, self._target.h / scale), params)
        if found.flag != "not_found":
            self._target = self._refine_target(found, square, fine, coarse).confined(width, height, params.min_side)
        hard = found.flag == "hard_negative"
        if found.flag in ("normal", "hard_negative"):
            dx, dy = self._offset(self._target, square)
            rate = params.hard_negative_learning_rate if hard else params.learning_rate
            model.store(projected, (dx / stride, dy / stride), rate)
        if hard or (self._frame - 1) % params.train_skipping == 0:
            model.update()
        return {"target_bbox": self._target.box(), "score": found.score, "flag": found.flag}

    @staticmethod
    def _offset(target: Target, square: Square) -> tuple[float, float]:
        """(dx, dy) in the square's pixels from its middle to the target's center."""
        return (target.cx - square.center[0]) / square.scale, (target.cy - square.center[1]) / square.scale

    def _refine_target(self, found: Localization, square: Square, fine: np.ndarray, coarse: np.ndarray) -> Target:
        """The target moved to the peak and, where the predictor helps, with a refined box."""
        cx, cy = (middle + shift * square.scale for middle, shift in zip(square.center, found.offset, strict=True))
        target = self._target.moved(cx, cy)
        if found.flag == "uncertain" and not self.params.update_scale_when_uncertain:
            return target
        refined = self._refiner.refine(square.to_square(target.box()), fine, coarse, self._random)
        return target if refined is None else Target.from_box(square.to_image(refined))
