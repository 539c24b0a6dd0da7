"""Online ToMP: a transformer predicts from two remembered frames where the target is and how far its edges are.

Mayer, Danelljan, Bhat, Paul, Paudel, Yu, Van Gool: "Transforming Model Prediction for Tracking", CVPR 2022. Written
from the paper and from PyTracking's behavior, whose boxes it repeats: parameter values, search regions to the pixel,
and half a pixel between its two ways to count them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from siou_tracking.device import default_device
from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized
from siou_tracking.trackers.online.backbone import FeatureReader
from siou_tracking.trackers.online.cropping import crop
from siou_tracking.trackers.online.geometry import Patch, Target
from siou_tracking.trackers.online.localization import Localization, localize
from siou_tracking.trackers.tomp.maps import box_at, clip_box, edge_map, label_map
from siou_tracking.trackers.tomp.model import Maps, TargetModel
from siou_tracking.trackers.tomp.network import TompNetwork
from siou_tracking.trackers.tomp.params import TompParams
from siou_tracking.trackers.tomp.scale import SearchScale

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info


_EXPANSION = 2
"""Side of the region cut around the first target, in patch sides."""


class ToMP:
    """Tracks one target; see `base.Tracker` for the two calls.

    Nothing in it is random: equal images and boxes give equal results on one machine with one number of threads.

    Args:
        net: see `network.TompNetwork`; it is moved to the device, set to evaluation mode and frozen.
        params: see `TompParams`.
        device: where to compute; None takes a GPU when there is one.
    """

    def __init__(
        self, net: TompNetwork, params: TompParams | None = None, device: torch.device | str | None = None
    ) -> None:
        self.params = params or TompParams()
        self.device = torch.device(device or default_device())
        self.net = net
        self.backbone = FeatureReader(net, net.output_layers, self.params, self.device)
        self._model: TargetModel | None = None

    @torch.inference_mode()
    def initialize(self, image: np.ndarray, info: Info) -> Answer:
        """Remember the target.

        Args:
            image: (H, W, 3) uint8 RGB; gray images are accepted.
            info: {'init_bbox': [x, y, w, h]} in image pixels, at least partly inside.

        Raises:
            InputError: an image or box that cannot be used.
        """
        image = as_rgb(image, "tomp: initialize")
        box = box_from_info(info, image, "tomp: initialize")
        self._target = target = Target.from_box(box)
        self._scale = SearchScale(self._scale_of(target))
        patch = self._cut_first_patch(image)
        self._model = TargetModel(self.net.head, self._extract_features(patch), *self._teach(patch))
        return {"target_bbox": box, "score": 1.0, "flag": "init"}

    @torch.inference_mode()
    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Find the target in the next image.

        Args:
            image: as for `initialize`; its size may differ from the frame before, boxes stay in pixels.
            info: not used.

        Returns:
            'target_bbox' [x, y, w, h] in image pixels, finite; 'score', the highest of the score map, near 1 for a
            sure answer; 'flag', see `localization.Localization` ('not_found' repeats the last box).

        Raises:
            InputError: an image that cannot be used, or `initialize` was not called.
        """
        if self._model is None:
            raise not_initialized("tomp: track")
        params, model = self.params, self._model
        image = as_rgb(image, "tomp: track")
        patch = self._cut_patch(image)
        features = self._extract_features(patch)
        maps = model.predict(features)
        score, found = float(maps.scores.max()), self._localize_target(maps, patch)
        if found.flag == "not_found":
            if params.rescales_when_lost:
                self._scale.miss()
        else:
            self._target = self._decode_target(maps, found, patch, image)
            self._scale.see(self._scale_of(self._target))
        if found.flag in ("normal", "hard_negative") and score > params.confidence_threshold:
            model.remember(features, *self._teach(patch))
        return {"target_bbox": self._target.box(), "score": score, "flag": found.flag}

    def _scale_of(self, target: Target) -> float:
        """Image pixels a patch pixel that the target asks for, in PyTracking's precision."""
        return float(
            np.float32(target.search_side(self.params.search_area_factor)) / np.float32(self.params.patch_size)
        )

    def _cut_first_patch(self, image: np.ndarray) -> Patch:
        """The region around the given box: the middle of a wider one, around a whole pixel, as PyTracking cuts it."""
        size, scale = self.params.patch_size, self._scale.value
        x, y = float(round(self._target.cx)), float(round(self._target.cy))
        wide = crop(image, (x, y), self._side(_EXPANSION * size), _EXPANSION * size, self.device)
        margin = (_EXPANSION - 1) * size // 2
        return Patch(wide.pixels[:, :, margin : margin + size, margin : margin + size], (x, y), scale)

    def _cut_patch(self, image: np.ndarray) -> Patch:
        """The search region, moved so that the target's center falls on that of a cell."""
        params = self.params
        half = np.float32(self._scale.value) * np.float32(params.stride / 2) * ((params.cells + 1) % 2)
        center = (float(np.float32(self._target.cx) + half), float(np.float32(self._target.cy) + half))
        return crop(image, center, self._side(params.patch_size), params.patch_size, self.device, params.max_shrink)

    def _side(self, pixels: int) -> float:
        """Image pixels under so many pixels of a patch."""
        return float(np.float32(self._scale.value) * np.float32(pixels))

    def _extract_features(self, patch: Patch) -> torch.Tensor:
        """The head's features (1, 1, C, H, W) of a patch."""
        features = self.net.get_backbone_head_feat(self.backbone(patch.pixels))
        return self.net.head.extract_head_feat(features, 1)

    def _teach(self, patch: Patch) -> tuple[torch.Tensor, torch.Tensor]:
        """Where the target is in a patch: a label and the distances to its edges."""
        box = patch.box_to_patch(torch.tensor(self._target.box()))
        return label_map(patch.offset(self._target), self.params), edge_map(box, self.params)

    def _localize_target(self, maps: Maps, patch: Patch) -> Localization:
        """The peak of the scores, its offset in cells."""
        params, middle = self.params, (self.params.cells - 1) / 2
        width, height, dx, dy = (
            value / params.stride
            for value in (self._target.w / patch.scale, self._target.h / patch.scale, *patch.offset(self._target))
        )
        return localize(maps.scores.float().cpu(), (middle, middle), (width, height), params, (dx, dy))

    def _decode_target(self, maps: Maps, found: Localization, patch: Patch, image: np.ndarray) -> Target:
        """The box that the cell of the peak predicts, as far as it is in the image."""
        params, middle = self.params, (self.params.cells - 1) / 2
        column, row = (round(shift + middle) for shift in found.offset)
        box = box_at(maps.edges[:, row, column].tolist(), row, column, patch, params)
        x, y, w, h = clip_box(box, image.shape[1], image.shape[0], params.min_side)
        return Target(x + w / 2, y + h / 2, w, h)  # not (w - 1) / 2: cells span pixels, and a box ends between two
