"""Online DiMP from an exported file: the graphs by onnxruntime, the rest in NumPy and OpenCV; torch is not needed.

In NumPy are the crops, the random shifts and start boxes, the choice among peaks, and which sample is remembered: what
is small, branches, or is kept from frame to frame. It follows `dimp.tracker.DiMP` draw by draw, so that equal seeds
give equal boxes but for rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized
from siou_tracking.trackers.dimp.params import DimpParams
from siou_tracking.trackers.dimp.places import first_scale, hann_window, refined_target, region_size, side_of
from siou_tracking.trackers.exported.boxes import Square
from siou_tracking.trackers.exported.first_frame import draw_shifts, drop_channels_by_bernoulli, features_of_copies
from siou_tracking.trackers.exported.refining import BoxRefiner
from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.exported.target_filter import ExportedTargetFilter
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.cropping import crop_square
from siou_tracking.trackers.online.geometry import Target
from siou_tracking.trackers.online.localization import Localization, localize

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info


class ExportedDiMP:
    """Tracks one target; see `base.Tracker` for the two calls.

    Args:
        steps: the graphs, see `building.dimp_steps`.
        params: those that they were exported with.
        seed: of everything random; drawn anew at every `initialize`.
    """

    def __init__(self, steps: Steps, params: DimpParams, seed: int = 0) -> None:
        self.params = params
        self.seed = seed
        self._steps = steps
        self._model: ExportedTargetFilter | None = None

    def initialize(self, image: np.ndarray, info: Info) -> Answer:
        """Learn the target; as `DiMP.initialize`."""
        params, size = self.params, self.params.patch_size
        image = as_rgb(image, "dimp: initialize")
        box = box_from_info(info, image, "dimp: initialize")
        self._random = TorchRandom(self.seed)
        self._target = target = Target.from_box(box)
        self._scale = first_scale(target, params)
        self._frame = 1
        extent = region_size(size, params.expansion)
        center = (float(round(target.cx)), float(round(target.cy)))
        region, _, _ = crop_square(image, center, side_of(extent, self._scale), extent)
        shifts = draw_shifts(params.augmentations, size, self._random)
        (copies,) = self._steps.run("augment", region=region, shifts=shifts)
        fine, coarse, samples = features_of_copies(self._steps, copies)
        here = Square(center, self._scale, size).to_square(target.box())
        self._refiner = BoxRefiner(self._steps, params, fine, coarse, here, size)
        dropped = drop_channels_by_bernoulli(samples[:1], params.augmentations, self._random)
        boxes = here + np.concatenate([shifts, np.zeros_like(shifts)], axis=1)  # [N, 4]
        boxes = np.concatenate([boxes, boxes[:1].repeat(len(dropped), axis=0)])
        self._model = ExportedTargetFilter(self._steps, np.concatenate([samples, dropped]), boxes, params)
        return {"target_bbox": box, "score": 1.0, "flag": "init"}

    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Find the target in the next image; as `DiMP.track`."""
        if self._model is None:
            raise not_initialized("dimp: track")
        params, model = self.params, self._model
        image = as_rgb(image, "dimp: track")
        self._frame += 1
        shift = model.half_cell * model.stride * self._scale
        middle, side = (self._target.cx + shift, self._target.cy + shift), side_of(params.patch_size, self._scale)
        pixels, center, scale = crop_square(image, middle, side, params.patch_size, params.max_shrink)
        square = Square(center, scale, params.patch_size)
        fine, coarse, sample = self._steps.run("features", pixels=pixels[None])
        scores = model.scores(sample)
        found = self._localize_target(model, scores, square)
        if found.flag != "not_found":
            height, width = image.shape[:2]
            cell = model.stride * scale
            cx, cy = (place + cell * cells for place, cells in zip(center, found.offset, strict=True))
            self._target = self._target.moved(cx, cy).kept_inside(width, height)
            refined = self._refiner.refine(square.to_square(self._target.box()), fine, coarse, self._random)
            if refined is not None:
                self._target = refined_target(refined.tolist(), center, scale, (height, width), params)
                if params.update_scale_when_uncertain or found.flag != "uncertain":
                    self._scale = self._target.search_side(params.search_area_factor) / params.patch_size
        self._update_model(model, found, sample, square)
        return {"target_bbox": self._target.box(), "score": float(scores.max()), "flag": found.flag}

    def _localize_target(self, model: ExportedTargetFilter, scores: np.ndarray, square: Square) -> Localization:
        cell = square.scale * model.stride
        size = (self._target.w / cell, self._target.h / cell)
        x, y = square.center
        previous = (
            (self._target.cx - x) / square.scale / model.stride,
            (self._target.cy - y) / square.scale / model.stride,
        )
        window = hann_window(*scores.shape) if self.params.window_output else None
        return localize(scores, model.center, size, self.params, previous, window)

    def _update_model(
        self, model: ExportedTargetFilter, found: Localization, sample: np.ndarray, square: Square
    ) -> None:
        """Remember a trusted frame; improve the filter at a distractor or when its turn has come."""
        if found.flag not in ("normal", "hard_negative"):
            return
        params, hard = self.params, found.flag == "hard_negative"
        rate = params.hard_negative_learning_rate if hard else params.learning_rate
        model.store(sample, square.to_square(self._target.box()), rate)
        if hard or (self._frame - 1) % params.train_skipping == 0:
            model.update(hard)
