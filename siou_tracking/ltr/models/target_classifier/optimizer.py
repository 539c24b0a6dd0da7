"""The optimizers of a target's filter: of DiMP, of its plain least squares, and of PrDiMP.

Danelljan et al., arXiv:1904.07220, section 3, and arXiv:2003.12565, section 4. Names are upstream's.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from siou_tracking.errors import unknown_name
from siou_tracking.ltr.models.layers import activation
from siou_tracking.ltr.models.layers.distance import DistanceMap
from siou_tracking.ltr.models.target_classifier.objectives import (
    KLDivergence,
    LeastSquares,
    gaussian_density,
    gaussian_map,
)
from siou_tracking.ltr.models.target_classifier.steepest_descent import SteepestDescent


class DiMPSteepestDescentGN(SteepestDescent):
    """Least squares with a learned label, mask and weight, functions of the distance to the target's center.

    Args:
        init_gauss_sigma: of the label at the start, in cells; 0 for 1 in the first bin alone.
        num_dist_bins, bin_displacement: of the learned functions, see `DistanceMap`.
        mask_init_factor: steepness of the mask at the start.
        score_act: 'relu' for `LeakyReluPar`, 'bentpar' for `BentIdentPar` with `act_param`.
        mask_act: 'sigmoid', or 'linear' for a mask of any value.
        num_iter, feat_stride, init_step_length, init_filter_reg, min_filter_reg, detach_length, alpha_eps: see
            `SteepestDescent`.
    """

    def __init__(
        self,
        num_iter: int = 1,
        feat_stride: int = 16,
        init_step_length: float = 1.0,
        init_filter_reg: float = 1e-2,
        init_gauss_sigma: float = 1.0,
        num_dist_bins: int = 5,
        bin_displacement: float = 1.0,
        mask_init_factor: float = 4.0,
        score_act: str = "relu",
        act_param: float | None = None,
        min_filter_reg: float = 1e-3,
        mask_act: str = "sigmoid",
        detach_length: float = float("inf"),
        alpha_eps: float = 0.0,
    ) -> None:
        super().__init__(
            num_iter, feat_stride, init_step_length, init_filter_reg, min_filter_reg, detach_length, alpha_eps
        )
        mask_acts: dict[str, list[nn.Module]] = {"sigmoid": [nn.Sigmoid()], "linear": []}
        if mask_act not in mask_acts:
            raise unknown_name("mask activation", mask_act, mask_acts)
        self.distance_map = DistanceMap(num_dist_bins, bin_displacement)
        distance = bin_displacement * torch.arange(num_dist_bins, dtype=torch.float32)
        label = (distance == 0).float() if init_gauss_sigma == 0 else (-0.5 * (distance / init_gauss_sigma) ** 2).exp()
        self.label_map_predictor = _table(label - label.min())
        bias = 0.5 if mask_act == "linear" else 0.0
        mask = mask_init_factor * torch.tanh(2 - distance) + bias
        self.target_mask_predictor = nn.Sequential(_table(mask), *mask_acts[mask_act])
        self.mask_act = mask_act
        self.spatial_weight_predictor = _table(torch.ones(num_dist_bins))
        self.score_activation, self.score_activation_deriv = activation.score_activation(score_act, act_param)

    def objective(self, center: Tensor, output_sz: tuple[int, int], sample_weight: Tensor | None) -> LeastSquares:
        holders = (
            self.label_map_predictor,
            cast(nn.Conv2d, self.target_mask_predictor[0]),
            self.spatial_weight_predictor,
        )
        tables = torch.cat([holder.weight for holder in holders]).flatten(1)  # [3, num_dist_bins]
        label, mask, weight = self.distance_map.read(tables.to(center.dtype), center, output_sz)
        root = math.sqrt(1 / len(center)) if sample_weight is None else sample_weight.sqrt()
        mask = mask.sigmoid() if self.mask_act == "sigmoid" else mask
        return LeastSquares(label, root * weight, mask, self.score_activation, self.score_activation_deriv)


class DiMPL2SteepestDescentGN(SteepestDescent):
    """Least squares with a Gaussian label, a hinge where the label is small.

    Args:
        gauss_sigma: of the label, in cells.
        hinge_threshold: where the label is not above it, scores below zero cost nothing.
        num_iter, feat_stride, init_step_length, init_filter_reg, min_filter_reg, detach_length, alpha_eps: see
            `SteepestDescent`.
    """

    def __init__(
        self,
        num_iter: int = 1,
        feat_stride: int = 16,
        init_step_length: float = 1.0,
        gauss_sigma: float = 1.0,
        hinge_threshold: float = -999,
        init_filter_reg: float = 1e-2,
        min_filter_reg: float = 1e-3,
        detach_length: float = float("inf"),
        alpha_eps: float = 0.0,
    ) -> None:
        super().__init__(
            num_iter, feat_stride, init_step_length, init_filter_reg, min_filter_reg, detach_length, alpha_eps
        )
        self.gauss_sigma = gauss_sigma
        self.hinge_threshold = hinge_threshold

    def objective(self, center: Tensor, output_sz: tuple[int, int], sample_weight: Tensor | None) -> LeastSquares:
        label = gaussian_map(center, output_sz, self.gauss_sigma)
        mask = (label > self.hinge_threshold).to(label.dtype)
        root = math.sqrt(1 / len(center)) if sample_weight is None else sample_weight.sqrt()
        return LeastSquares(label * mask, root, mask, activation.LeakyReluPar(), _rectified_slope)


class PrDiMPSteepestDescentNewton(SteepestDescent):
    """The divergence of the scores' softmax from a Gaussian density over cells.

    Args:
        gauss_sigma: of the density, in cells; 0 for the cell nearest to the center alone.
        init_uni_weight: share of a uniform density in it.
        normalize_label: whether its cells are made to sum to 1; near the border some of it lies outside.
        label_shrink: share taken off it.
        softmax_reg: logit of a cell without a place in the softmax; None for none.
        label_threshold: where it is not above that, the Gaussian density is taken for 0.
        num_iter, feat_stride, init_step_length, init_filter_reg, min_filter_reg, detach_length, alpha_eps: see
            `SteepestDescent`.
    """

    def __init__(
        self,
        num_iter: int = 1,
        feat_stride: int = 16,
        init_step_length: float = 1.0,
        init_filter_reg: float = 1e-2,
        gauss_sigma: float = 1.0,
        min_filter_reg: float = 1e-3,
        detach_length: float = float("inf"),
        alpha_eps: float = 0.0,
        init_uni_weight: float | None = None,
        normalize_label: bool = False,
        label_shrink: float = 0.0,
        softmax_reg: float | None = None,
        label_threshold: float = 0.0,
    ) -> None:
        super().__init__(
            num_iter, feat_stride, init_step_length, init_filter_reg, min_filter_reg, detach_length, alpha_eps
        )
        self.gauss_sigma = gauss_sigma
        self.uni_weight = 0.0 if init_uni_weight is None else init_uni_weight
        self.normalize_label = normalize_label
        self.label_shrink = label_shrink
        self.softmax_reg = softmax_reg
        self.label_threshold = label_threshold

    def get_label_density(self, center: Tensor, output_sz: tuple[int, int]) -> Tensor:
        """The density over cells, (..., H, W), for (..., 2) centers as (y, x) in cells."""
        density = gaussian_density(center, output_sz, self.gauss_sigma)
        density = density * (density > self.label_threshold)
        if self.normalize_label:
            density = density / (density.sum(dim=(-2, -1), keepdim=True) + 1e-8)
        uniform = self.uni_weight / (output_sz[0] * output_sz[1])
        return (1 - self.label_shrink) * ((1 - self.uni_weight) * density + uniform)

    def objective(self, center: Tensor, output_sz: tuple[int, int], sample_weight: Tensor | None) -> KLDivergence:
        weight = 1 / len(center) if sample_weight is None else sample_weight
        return KLDivergence(self.get_label_density(center, output_sz), weight, self.softmax_reg)


def _table(values: Tensor) -> nn.Conv2d:
    """Values at rising distances under the key and in the shape of a 1x1 convolution over upstream's bins."""
    holder = nn.Conv2d(len(values), 1, kernel_size=1, bias=False)
    with torch.no_grad():
        holder.weight.copy_(values.view(1, -1, 1, 1))
    return holder


def _rectified_slope(scores: Tensor, mask: Tensor) -> Tensor:
    """Derivative of the hinge; 0 at 0 off the target, where `LeakyReluParDeriv` has the mean of both sides."""
    return torch.maximum(mask, (scores > 0).to(mask.dtype))
