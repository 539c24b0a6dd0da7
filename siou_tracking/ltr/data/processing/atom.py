"""Processing of ATOM: fixed square crops, and proposals for its box head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # parameters by the name of a method; transforms handed on

import numpy as np
import torch

from siou_tracking.ltr.data import processing_utils as prutils
from siou_tracking.ltr.data.processing.base import CropProcessing
from siou_tracking.ltr.data.processing.proposals import DensityProposals, ScoredProposals


class _CenteredCrops(CropProcessing):
    """Square crops with the jittered box in the middle, see `sample_target`.

    Args:
        proposal_params: see the subclass.
        mode: 'sequence' or 'pair', and the other arguments: see `CropProcessing`.
    """

    def __init__(
        self,
        search_area_factor: float,
        output_sz: int,
        center_jitter_factor: Mapping[str, float],
        scale_jitter_factor: Mapping[str, float],
        proposal_params: Mapping[str, Any],
        mode: str = "pair",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            search_area_factor, output_sz, center_jitter_factor, scale_jitter_factor, mode, *args, **kwargs
        )
        self.proposal_params: Mapping[str, Any] | None = proposal_params

    def _crop(
        self, images: Sequence[np.ndarray], around: Sequence[torch.Tensor], boxes: Sequence[torch.Tensor]
    ) -> tuple[list[np.ndarray], list[torch.Tensor]]:
        crops, moved, _ = prutils.jittered_center_crop(images, around, boxes, self.search_area_factor, self.output_sz)
        return crops, moved


class ATOMProcessing(_CenteredCrops, ScoredProposals):
    """Crops for ATOM, with proposals and their IoU: see `ScoredProposals` for `proposal_params`."""


class KLBBregProcessing(_CenteredCrops, DensityProposals):
    """Crops for ATOM's head as a density over boxes: see `DensityProposals` for `proposal_params`."""
