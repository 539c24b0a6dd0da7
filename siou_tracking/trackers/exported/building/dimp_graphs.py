"""What `dimp.tracker.DiMP` computes with tensors, as modules of tensors alone; see `dimp_steps` for how they follow."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.layers import activation
from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.initializer import FilterPool
from siou_tracking.ltr.models.target_classifier.linear_filter import LinearFilter
from siou_tracking.ltr.models.target_classifier.objectives import LeastSquares, gaussian_map
from siou_tracking.ltr.models.target_classifier.residual_modules import LinearFilterHinge
from siou_tracking.ltr.models.target_classifier.steepest_descent import SteepestDescent
from siou_tracking.trackers.dimp.augmentation import cut_copies
from siou_tracking.trackers.dimp.classifier import LABEL_SIGMA, score_map
from siou_tracking.trackers.dimp.params import DimpParams
from siou_tracking.trackers.exported.building.box_graphs import TraceablePool


class Augment(nn.Module):
    """Altered copies of a wider region; see `augmentation.cut_copies`."""

    def __init__(self, params: DimpParams) -> None:
        super().__init__()
        self._size, self._settings = params.patch_size, params.augmentations

    def forward(self, region: Tensor, shifts: Tensor) -> tuple[Tensor]:
        copies = cut_copies(region.permute(2, 0, 1)[None], shifts, self._size, self._settings)
        return (copies.permute(0, 2, 3, 1),)


class Fit(nn.Module):
    """The filter that the network predicts from the first frame's samples, and the optimizer's steps on it."""

    def __init__(self, classifier: LinearFilter, params: DimpParams, grid: int) -> None:
        super().__init__()
        self._initializer = copy.deepcopy(classifier.filter_initializer)
        pool = getattr(self._initializer, "filter_pool", None)
        if isinstance(pool, FilterPool):
            pool.add_module("prroi_pool", TraceablePool(pool.prroi_pool))
        self._optimizer = as_descent(classifier.filter_optimizer, params, grid)
        self._iterations = params.init_iter

    def forward(self, features: Tensor, boxes: Tensor) -> tuple[Tensor]:
        filt = self._initializer(features, boxes)
        return (self._optimizer(filt, features, boxes, num_iter=self._iterations)[0],)


class Update(nn.Module):
    """A later improvement of the filter."""

    def __init__(self, classifier: LinearFilter, params: DimpParams, grid: int, iterations: int) -> None:
        super().__init__()
        self._optimizer = as_descent(classifier.filter_optimizer, params, grid)
        self._iterations = iterations

    def forward(self, filt: Tensor, samples: Tensor, boxes: Tensor, weights: Tensor) -> tuple[Tensor]:
        return (self._optimizer(filt, samples, boxes, weights, num_iter=self._iterations)[0],)


class Search(nn.Module):
    """A sample (1, C, H, W) to scores (H', W')."""

    def __init__(self, classifier: LinearFilter, params: DimpParams) -> None:
        super().__init__()
        self._classifier, self._params = classifier, params

    def forward(self, sample: Tensor, filt: Tensor) -> tuple[Tensor]:
        return (score_map(self._classifier, filt, sample, self._params),)


def as_descent(optimizer: nn.Module | None, params: DimpParams, grid: int) -> SteepestDescent:
    """The optimizer of a filter as one that takes its steps without autograd.

    Args:
        optimizer: the network's.
        params: sizes.
        grid: cells along a side of the features.

    Raises:
        InputError: of another kind.
    """
    if isinstance(optimizer, SteepestDescent):
        return optimizer
    residuals = getattr(optimizer, "residual_module", None)
    if isinstance(optimizer, GNSteepestDescent) and type(residuals) is LinearFilterHinge:
        return HingeDescent(optimizer, residuals, params, grid)
    raise InputError(f"export: filter optimizer: got {type(optimizer).__name__}, allowed are those of DiMP's networks")


class HingeDescent(SteepestDescent):
    """`GNSteepestDescent` of `LinearFilterHinge` in closed form, with the labels that online DiMP gives it."""

    def __init__(
        self, optimizer: GNSteepestDescent, residuals: LinearFilterHinge, params: DimpParams, grid: int
    ) -> None:
        super().__init__(1, params.patch_size // grid, 1.0, 1.0, 0.0, math.inf, optimizer.steplength_reg)
        with torch.no_grad():
            self.filter_reg.copy_(torch.as_tensor(residuals.filter_reg))
        self._sigma = LABEL_SIGMA * grid / params.search_area_factor
        self._threshold, self._leak = residuals.hinge_threshold, residuals.activation_leak
        self._activation = residuals.score_activation
        self._slope: nn.Module = activation.LeakyReluParDeriv()
        if isinstance(residuals.score_activation, activation.BentIdentPar):
            self._slope = activation.BentIdentParDeriv(residuals.score_activation.b)

    def objective(self, center: Tensor, output_sz: tuple[int, int], sample_weight: Tensor | None) -> LeastSquares:
        label = gaussian_map(center, output_sz, self._sigma)
        mask = ((label > self._threshold).to(label.dtype) + self._leak).clamp(max=1)
        root = math.sqrt(1 / len(center)) if sample_weight is None else sample_weight.sqrt()
        return LeastSquares(mask * label, root, mask, self._activation, self._slope)
