"""Processing with crops that keep to the image, and label maps for a target classifier: DiMP's and ToMP's base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # parameters of label maps; transforms handed on

import numpy as np
import torch

from siou_tracking.errors import unknown_name
from siou_tracking.ltr.data import processing_utils as prutils
from siou_tracking.ltr.data.cropping.adaptive import CROP_TYPES
from siou_tracking.ltr.data.processing.base import PARTS, CropProcessing
from siou_tracking.ltr.data.tensors import TensorDict


class AdaptiveCrops(CropProcessing):
    """Crops as `sample_target_adaptive` takes them, and `train_label` and `test_label`, (frames, rows, columns).

    Args:
        crop_type: 'replicate', 'inside' or 'inside_major'; max_scale_change: how far the window may shrink for it.
        label_function_params: `sigma_factor`, `kernel_sz`, `feature_sz` and `end_pad_if_even` (True) for
            `gaussian_label_function`; None for no labels.
        mode: 'sequence' or 'pair', and the other arguments: see `CropProcessing`.
    """

    def __init__(
        self,
        search_area_factor: float,
        output_sz: int,
        center_jitter_factor: Mapping[str, float],
        scale_jitter_factor: Mapping[str, float],
        crop_type: str = "replicate",
        max_scale_change: float | None = None,
        mode: str = "pair",
        label_function_params: Mapping[str, Any] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            search_area_factor, output_sz, center_jitter_factor, scale_jitter_factor, mode, *args, **kwargs
        )
        if crop_type not in CROP_TYPES:
            raise unknown_name("crop_type", crop_type, CROP_TYPES)
        self.crop_type = crop_type
        self.max_scale_change = max_scale_change
        self.label_function_params = label_function_params

    def _crop(
        self, images: Sequence[np.ndarray], around: Sequence[torch.Tensor], boxes: Sequence[torch.Tensor]
    ) -> tuple[list[np.ndarray], list[torch.Tensor]]:
        crops, moved = prutils.target_image_crop(
            images,
            around,
            boxes,
            self.search_area_factor,
            self.output_sz,
            mode=self.crop_type,
            max_scale_change=self.max_scale_change,
        )
        return crops, moved

    def _add_labels(self, data: TensorDict) -> None:
        if self.label_function_params is not None:
            for part in PARTS:
                data[f"{part}_label"] = self._generate_label_function(data[f"{part}_anno"])

    def _generate_label_function(self, target_bb: torch.Tensor) -> torch.Tensor:
        """Label maps (n, rows, columns) for boxes (n, 4) or (4,), xywh in crop pixels."""
        params = self.label_function_params or {}
        return prutils.gaussian_label_function(
            target_bb.view(-1, 4),
            params["sigma_factor"],
            params["kernel_sz"],
            params["feature_sz"],
            self.output_sz,
            end_pad_if_even=params.get("end_pad_if_even", True),
        )
