"""Online DiMP: a filter that the network predicts says where the target is, an overlap predictor says how large.

Bhat, Danelljan, Van Gool, Timofte: "Learning Discriminative Model Prediction for Tracking", ICCV 2019, and Danelljan,
Van Gool, Timofte: "Probabilistic Regression for Visual Tracking", CVPR 2020. Written from the papers and from
PyTracking's behavior, whose boxes it gives for equal weights and seeds. What differs on purpose: see `augmentation` and
`cropping`; no side of a box falls below `min_side` or grows beyond twice the image's; a frame in which no refined box
has a possible shape moves the target to the peak of the scores, where PyTracking takes it back to its last refined
place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from siou_tracking.device import default_device
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized
from siou_tracking.trackers.dimp.augmentation import augment, drop_channels
from siou_tracking.trackers.dimp.classifier import TargetFilter
from siou_tracking.trackers.dimp.params import DimpParams
from siou_tracking.trackers.dimp.places import first_scale, hann_window, refined_target, region_size, side_of
from siou_tracking.trackers.online.backbone import FeatureReader
from siou_tracking.trackers.online.cropping import crop
from siou_tracking.trackers.online.geometry import Patch, Target
from siou_tracking.trackers.online.localization import Localization, localize
from siou_tracking.trackers.online.network import Features
from siou_tracking.trackers.online.overlap import OverlapFunction, overlap_function
from siou_tracking.trackers.online.refinement import refine_box

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info


class DiMP:
    """Tracks one target; see `base.Tracker` for the two calls.

    Equal seeds, images and boxes give equal results on one machine with one number of threads; no global random state
    is read or written.

    Args:
        net: of any constructor in `ltr.models.tracking.dimpnet`; it is moved to the device, set to evaluation mode and
            frozen.
        params: see `DimpParams`.
        device: where to compute; None takes a GPU when there is one.
        seed: of the random copies and boxes; drawn anew at every `initialize`.
    """

    def __init__(
        self,
        net: DiMPnet,
        params: DimpParams | None = None,
        device: torch.device | str | None = None,
        seed: int = 0,
    ) -> None:
        self.params = params or DimpParams()
        self.device = torch.device(device or default_device())
        self.net = net
        self.seed = seed
        self.backbone = FeatureReader(net, net.output_layers, self.params, self.device)
        self._model: TargetFilter | None = None

    @torch.no_grad()
    def initialize(self, image: np.ndarray, info: Info) -> Answer:
        """Learn the target.

        Args:
            image: (H, W, 3) uint8 RGB; gray images are accepted.
            info: {'init_bbox': [x, y, w, h]} in image pixels, at least partly inside.

        Raises:
            InputError: an image or box that cannot be used.
        """
        params = self.params
        image = as_rgb(image, "dimp: initialize")
        box = box_from_info(info, image, "dimp: initialize")
        self._generator = torch.Generator().manual_seed(self.seed)
        self._target = target = Target.from_box(box)
        self._scale = first_scale(target, params)
        self._frame = 1
        region_pixels = region_size(params.patch_size, params.expansion)
        center = (float(round(target.cx)), float(round(target.cy)))
        region = crop(image, center, side_of(region_pixels, self._scale), region_pixels, self.device)
        copies, shifts = augment(region.pixels, params.patch_size, params.augmentations, self._generator)
        patch = Patch(copies[:1], center, self._scale)
        features = self.backbone(copies)
        box_in_patch = patch.box_to_patch(torch.tensor(target.box())).to(self.device)
        self._overlap = self._learn_overlap(features, box_in_patch)
        self._model = self._fit_model(features, box_in_patch, shifts)
        return {"target_bbox": box, "score": 1.0, "flag": "init"}

    @torch.no_grad()
    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Find the target in the next image.

        Args:
            image: as for `initialize`; its size may differ from the frame before, boxes stay in pixels.
            info: not used.

        Returns:
            'target_bbox' [x, y, w, h] in image pixels, finite, sides of at least `min_side`; 'score', the highest of
            the target model; 'flag', see `localization.Localization` ('not_found' repeats the last box).

        Raises:
            InputError: an image that cannot be used, or `initialize` was not called.
        """
        if self._model is None:
            raise not_initialized("dimp: track")
        model = self._model
        image = as_rgb(image, "dimp: track")
        self._frame += 1
        patch = self._cut_patch(image, model)
        features = self.backbone(patch.pixels)
        sample = self.net.extract_classification_feat(features)
        scores = model.scores(sample).float().cpu()
        found = self._localize_target(model, scores, patch)
        if found.flag != "not_found":
            height, width = image.shape[:2]
            shift = model.stride * patch.scale
            cx, cy = (middle + shift * cells for middle, cells in zip(patch.center, found.offset, strict=True))
            self._target = self._target.moved(cx, cy).kept_inside(width, height)
            self._refine_target(found, patch, features, image)
        self._update_model(model, found, sample, patch)
        return {"target_bbox": self._target.box(), "score": float(scores.max()), "flag": found.flag}

    def _cut_patch(self, image: np.ndarray, model: TargetFilter) -> Patch:
        """The search region, with the target in the middle of a cell of the scores."""
        shift = model.half_cell * model.stride * self._scale
        center, size = (self._target.cx + shift, self._target.cy + shift), self.params.patch_size
        return crop(image, center, side_of(size, self._scale), size, self.device, self.params.max_shrink)

    def _learn_overlap(self, features: Features, box: torch.Tensor) -> OverlapFunction:
        """The box predictor for the target in the unaltered copy."""
        return overlap_function(self.net.bb_regressor, [f[:1] for f in self.net.get_backbone_bbreg_feat(features)], box)

    def _fit_model(self, features: Features, box: torch.Tensor, shifts: torch.Tensor) -> TargetFilter:
        params = self.params
        samples = self.net.extract_classification_feat(features)
        dropped = drop_channels(samples[:1], params.augmentations, self._generator)
        # The target's own place within a pixel is neither mirrored nor turned with a copy: PyTracking does not either.
        boxes = box + torch.cat([shifts, torch.zeros_like(shifts)], dim=1)  # [N, 4]
        boxes = torch.cat([boxes, boxes[:1].expand(len(dropped), -1)])
        return TargetFilter(self.net.classifier, torch.cat([samples, dropped]), boxes, params)

    def _localize_target(self, model: TargetFilter, scores: torch.Tensor, patch: Patch) -> Localization:
        cell = patch.scale * model.stride
        size = (self._target.w / cell, self._target.h / cell)
        dx, dy = patch.offset(self._target)
        previous = (dx / model.stride, dy / model.stride)
        window = hann_window(*scores.shape) if self.params.window_output else None
        return localize(scores, model.center, size, self.params, previous, window)

    def _refine_target(self, found: Localization, patch: Patch, features: Features, image: np.ndarray) -> None:
        """Give the target, already at the peak, a refined box where the predictor helps."""
        params = self.params
        if params.box_refinement_iter == 0:
            return
        score = self._overlap(self.net.get_backbone_bbreg_feat(features))
        start = patch.box_to_patch(torch.tensor(self._target.box())).to(self.device)
        refined = refine_box(score, start, params, self._generator)
        if refined is None:
            return
        height, width = image.shape[:2]
        self._target = refined_target(refined[0].tolist(), patch.center, patch.scale, (height, width), params)
        if params.update_scale_when_uncertain or found.flag != "uncertain":
            self._scale = self._target.search_side(params.search_area_factor) / params.patch_size

    def _update_model(self, model: TargetFilter, found: Localization, sample: torch.Tensor, patch: Patch) -> None:
        """Remember a trusted frame; improve the filter at a distractor or when its turn has come."""
        if found.flag not in ("normal", "hard_negative"):
            return
        params, hard = self.params, found.flag == "hard_negative"
        box = patch.box_to_patch(torch.tensor(self._target.box())).to(self.device)
        model.store(sample, box, params.hard_negative_learning_rate if hard else params.learning_rate)
        if hard or (self._frame - 1) % params.train_skipping == 0:
            model.update(params.hard_negative_iter if hard else params.update_iter)
