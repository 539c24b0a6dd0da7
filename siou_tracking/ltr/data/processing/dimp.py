"""Processing of DiMP, PrDiMP and SuperDiMP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # parameters of proposals and labels; transforms handed on

import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data import processing_utils as prutils
from siou_tracking.ltr.data.processing.adaptive import AdaptiveCrops
from siou_tracking.ltr.data.processing.base import PARTS
from siou_tracking.ltr.data.processing.proposals import DensityProposals, ScoredProposals
from siou_tracking.ltr.data.tensors import TensorDict

_FAR_AWAY = 99999999.9
"""Left and upper edge, in pixels, of the box of a frame that does not show the target."""
_LEAST_SUM = 0.01
"""A density with less of its mass on the map than this is taken for one whose target is not on it."""


class DiMPProcessing(AdaptiveCrops, ScoredProposals):
    """Crops for DiMP: see `AdaptiveCrops`, and `ScoredProposals` for `proposal_params`; None for no proposals."""

    def __init__(
        self,
        search_area_factor: float,
        output_sz: int,
        center_jitter_factor: Mapping[str, float],
        scale_jitter_factor: Mapping[str, float],
        crop_type: str = "replicate",
        max_scale_change: float | None = None,
        mode: str = "pair",
        proposal_params: Mapping[str, Any] | None = None,
        label_function_params: Mapping[str, Any] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        jitter, crops = (center_jitter_factor, scale_jitter_factor), (crop_type, max_scale_change)
        super().__init__(search_area_factor, output_sz, *jitter, *crops, mode, label_function_params, *args, **kwargs)
        self.proposal_params = proposal_params


class KLDiMPProcessing(AdaptiveCrops, DensityProposals):
    """Crops for PrDiMP and SuperDiMP: see `AdaptiveCrops`, and `DensityProposals` for `proposal_params`.

    Frames flagged in `is_distractor_train_frame` or `is_distractor_test_frame`, where the sample has them, show another
    object: their boxes are moved far away, which the actors know them by.

    Args:
        label_density_params: for `train_label_density` and `test_label_density`; None for none. `sigma_factor`,
            `kernel_sz`, `feature_sz`, `end_pad_if_even` (True) and `uni_weight` (0) as `sigma_factor` and so on of
            `gaussian_label_function`; `interp_factor` (1) times as many cells; values up to `threshold` (0) become 0;
            `normalize` (False) scales to a sum of 1, or spreads evenly what has no sum; all is scaled by 1 - `shrink`
            (0).
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
        proposal_params: Mapping[str, Any] | None = None,
        label_function_params: Mapping[str, Any] | None = None,
        label_density_params: Mapping[str, Any] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if not proposal_params:
            raise InputError(f"KLDiMPProcessing: proposal_params: got {proposal_params}, expected boxes_per_frame etc.")
        jitter, crops = (center_jitter_factor, scale_jitter_factor), (crop_type, max_scale_change)
        super().__init__(search_area_factor, output_sz, *jitter, *crops, mode, label_function_params, *args, **kwargs)
        self.proposal_params = proposal_params
        self.label_density_params = label_density_params

    def _add_proposals(self, data: TensorDict) -> None:
        super()._add_proposals(data)
        for part in PARTS:
            if (flags := data.get(f"is_distractor_{part}_frame")) is not None:
                boxes = torch.stack(list(data[f"{part}_anno"]))
                boxes[torch.as_tensor(flags).bool().flatten(), :2] = _FAR_AWAY
                data[f"{part}_anno"] = list(boxes)

    def _add_labels(self, data: TensorDict) -> None:
        super()._add_labels(data)
        if self.label_density_params is not None:
            for part in PARTS:
                data[f"{part}_label_density"] = self._generate_label_density(data[f"{part}_anno"])

    def _generate_label_density(self, target_bb: torch.Tensor) -> torch.Tensor:
        """Densities over cells (n, rows, columns) for boxes (n, 4) or (4,), xywh in crop pixels."""
        params = self.label_density_params or {}
        density = prutils.gaussian_label_function(
            target_bb.view(-1, 4),
            params["sigma_factor"],
            params["kernel_sz"],
            params["feature_sz"] * params.get("interp_factor", 1),
            self.output_sz,
            end_pad_if_even=params.get("end_pad_if_even", True),
            density=True,
            uni_bias=params.get("uni_weight", 0.0),
        )
        density = density.masked_fill(density <= params.get("threshold", 0.0), 0)
        if params.get("normalize", False):
            total = density.sum(dim=(-2, -1), keepdim=True)
            density = torch.where(total > _LEAST_SUM, density / total, 1 / density[0].numel())
        return density * (1 - params.get("shrink", 0.0))
