"""Online ATOM: a target model says where the target is, an overlap predictor says how large.

Danelljan, Bhat, Khan, Felsberg: "ATOM: Accurate Tracking by Overlap Maximization", CVPR 2019. Written from the paper
and from PyTracking's behavior; parameter values are PyTracking's. Two details differ on purpose: crops keep their
exact sub-pixel geometry, and scores of refined boxes are taken after the last step instead of before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from siou_tracking.device import default_device
from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized
from siou_tracking.trackers.atom.augmentation import augment, drop_channels
from siou_tracking.trackers.atom.classifier import TargetModel, stack_layers
from siou_tracking.trackers.atom.params import EXPANSION, AtomParams
from siou_tracking.trackers.atom.upsampling import fourier_upsample
from siou_tracking.trackers.online.backbone import FeatureReader
from siou_tracking.trackers.online.geometry import Patch, Target, sample_patch
from siou_tracking.trackers.online.localization import Localization, localize
from siou_tracking.trackers.online.network import Features, TrackingNetwork
from siou_tracking.trackers.online.overlap import OverlapFunction, overlap_function
from siou_tracking.trackers.online.refinement import refine_box

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info


class ATOM:
    """Tracks one target; see `base.Tracker` for the two calls.

    Equal seeds, images and boxes give equal results on one machine with one number of threads; no global random state
    is read or written.

    Args:
        net: see `online.network.TrackingNetwork`; it is moved to the device, set to evaluation mode and frozen.
        params: see `AtomParams`.
        device: where to compute; None takes a GPU when there is one.
        seed: of the random copies, starts and boxes; drawn anew at every `initialize`.
    """

    def __init__(
        self,
        net: TrackingNetwork,
        params: AtomParams | None = None,
        device: torch.device | str | None = None,
        seed: int = 0,
    ) -> None:
        self.params = params or AtomParams()
        self.device = torch.device(device or default_device())
        self.net = net
        self.seed = seed
        self._model: TargetModel | None = None
        self._refines = self.params.box_refinement_iter > 0
        self._box_layers = tuple(getattr(net, "bb_regressor_layer", ("layer2", "layer3")))
        wanted = (*self._box_layers, *self.params.classifier_layers)
        layers = sorted(set(wanted if self._refines else self.params.classifier_layers))
        self.backbone = FeatureReader(net, layers, self.params, self.device)

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
        image = as_rgb(image, "atom: initialize")
        box = box_from_info(info, image, "atom: initialize")
        height, width = image.shape[:2]
        self._generator = torch.Generator().manual_seed(self.seed)
        self._target = target = Target.from_box(box).confined(width, height, params.min_side)
        self._frame = 1
        side = target.search_side(params.search_area_factor)
        region = sample_patch(
            image, (target.cx, target.cy), EXPANSION * side, EXPANSION * params.patch_size, self.device
        )
        offset = region.offset(target)
        copies, offsets = augment(region.pixels, offset, params.patch_size, params.augmentations, self._generator)
        patch = Patch(copies[:1], region.center, region.scale)
        features = self.backbone(copies)
        if self._refines:
            self._overlap = self._learn_overlap(features, patch.box_to_patch(torch.tensor(target.box())))
        self._model = self._fit_model(self._stack_layers(features), offsets, patch)
        return {"target_bbox": box, "score": 1.0, "flag": "init"}

    @torch.no_grad()
    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Find the target in the next image.

        Args:
            image: as for `initialize`; its size may differ from the frame before, boxes stay in pixels.
            info: not used.

        Returns:
            'target_bbox' [x, y, w, h] in image pixels, finite, sides of at least `min_side`; 'score', the peak of the
            target model, near 1 for a sure answer; 'flag', see `localization.Localization` ('not_found' repeats the
            last box).

        Raises:
            InputError: an image that cannot be used, or `initialize` was not called.
        """
        if self._model is None:
            raise not_initialized("atom: track")
        params, model = self.params, self._model
        image = as_rgb(image, "atom: track")
        height, width = image.shape[:2]
        self._frame += 1
        side = self._target.search_side(params.search_area_factor)
        patch = sample_patch(image, (self._target.cx, self._target.cy), side, params.patch_size, self.device)
        features = self.backbone(patch.pixels)
        projected = model.project(self._stack_layers(features))
        found = self._localize_target(model, projected, patch)
        if found.flag != "not_found":
            self._target = self._refine_target(found, patch, features).confined(width, height, params.min_side)
        self._update_model(model, found, projected, patch)
        return {"target_bbox": self._target.box(), "score": found.score, "flag": found.flag}

    def _stack_layers(self, features: Features) -> torch.Tensor:
        return stack_layers(features, self.params.classifier_layers)

    def _learn_overlap(self, features: Features, box: torch.Tensor) -> OverlapFunction:
        """The box predictor for the target in the unaltered copy."""
        unaltered = [features[name][:1] for name in self._box_layers]
        return overlap_function(self.net.bb_regressor, unaltered, box.to(self.device))

    def _fit_model(self, features: torch.Tensor, offsets: torch.Tensor, patch: Patch) -> TargetModel:
        params, stride = self.params, patch.size / features.shape[-1]
        dropped = drop_channels(features[:1], params.augmentations, self._generator)
        offsets = torch.cat([offsets, offsets[:1].expand(len(dropped), -1)]) / stride
        cells = self._target.search_side(1.0) / patch.scale / stride
        return TargetModel(torch.cat([features, dropped]), offsets, cells, params, self._generator)

    def _localize_target(self, model: TargetModel, projected: torch.Tensor, patch: Patch) -> Localization:
        scores = model.scores(projected)  # [1, H, W]
        stride = patch.size / scores.shape[-1]
        fine = fourier_upsample(scores[0].float().cpu(), patch.size)  # [S, S]
        x, y = model.center
        target_size = (self._target.w / patch.scale, self._target.h / patch.scale)
        return localize(fine, (x * stride, y * stride), target_size, self.params)

    def _refine_target(self, found: Localization, patch: Patch, features: Features) -> Target:
        """The target moved to the peak and, where the predictor helps, with a refined box."""
        cx, cy = (middle + shift * patch.scale for middle, shift in zip(patch.center, found.offset, strict=True))
        target = self._target.moved(cx, cy)
        uncertain = found.flag == "uncertain" and not self.params.update_scale_when_uncertain
        if not self._refines or uncertain:
            return target
        score = self._overlap([features[name] for name in self._box_layers])
        start = patch.box_to_patch(torch.tensor(target.box())).to(self.device)
        refined = refine_box(score, start, self.params, self._generator)
        return target if refined is None else Target.from_box(patch.box_to_image(refined[0]).tolist())

    def _update_model(self, model: TargetModel, found: Localization, projected: torch.Tensor, patch: Patch) -> None:
        """Remember a trusted frame; improve the filter at a distractor or when its turn has come."""
        params, hard = self.params, found.flag == "hard_negative"
        if found.flag in ("normal", "hard_negative"):
            stride = patch.size / projected.shape[-1]
            dx, dy = patch.offset(self._target)
            rate = params.hard_negative_learning_rate if hard else params.learning_rate
            model.store(projected, (dx / stride, dy / stride), rate)
        if hard or (self._frame - 1) % params.train_skipping == 0:
            model.update(params.cg_iter)
