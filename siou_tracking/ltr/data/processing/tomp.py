"""Processing of ToMP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # parameters of label maps; transforms handed on

from siou_tracking.ltr.data.box_maps import ltrb_map, sample_region
from siou_tracking.ltr.data.processing.adaptive import AdaptiveCrops
from siou_tracking.ltr.data.processing.base import PARTS
from siou_tracking.ltr.data.tensors import TensorDict


class LTRBDenseRegressionProcessing(AdaptiveCrops):
    """Crops for ToMP: see `AdaptiveCrops`. Beside the labels, both parts of a sample get two maps over F x F cells:

    `train_ltrb_target` and `test_ltrb_target` (frames, 4, F, F), the distances to the target's edges, and
    `train_sample_region` and `test_sample_region` (frames, 1, F, F) bool, the cells that learn them. F is output_sz /
    stride; in mode 'pair' frames is 1.

    Args:
        stride: pixels of a cell.
        center_sampling_radius: of the region, see `sample_region`.
        use_normalized_coords: distances in parts of the crop's side, not in pixels.
        label_function_params, crop_type and the other arguments: see `AdaptiveCrops`.
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
        stride: int = 16,
        label_function_params: Mapping[str, Any] | None = None,
        center_sampling_radius: float = 0.0,
        use_normalized_coords: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            search_area_factor,
            output_sz,
            center_jitter_factor,
            scale_jitter_factor,
            crop_type,
            max_scale_change,
            mode,
            label_function_params,
            *args,
            **kwargs,
        )
        self.stride = stride
        self.center_sampling_radius = center_sampling_radius
        self.use_normalized_coords = use_normalized_coords

    def _add_labels(self, data: TensorDict) -> None:
        super()._add_labels(data)
        for part in PARTS:
            boxes = data[f"{part}_anno"].view(-1, 4)
            data[f"{part}_ltrb_target"] = ltrb_map(boxes, self.output_sz, self.stride, self.use_normalized_coords)
            data[f"{part}_sample_region"] = sample_region(
                boxes, self.output_sz, self.stride, self.center_sampling_radius
            )
