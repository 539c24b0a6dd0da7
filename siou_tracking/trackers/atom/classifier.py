"""ATOM's target model: a projection and a filter learned on the first frame, the filter kept up to date online."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from siou_tracking.trackers.atom.correlation import correlate
from siou_tracking.trackers.atom.optimization import gauss_newton
from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.atom.target_problem import FilterProblem, JointProblem, project
from siou_tracking.trackers.online.memory import SampleMemory, gaussian_labels
from siou_tracking.trackers.online.network import Features


def normalize_power(features: torch.Tensor) -> torch.Tensor:
    """Features (N, C, H, W) over their root mean square per sample; all-zero maps stay zero."""
    power = features.square().mean(dim=(1, 2, 3), keepdim=True)
    return features / power.clamp(min=1e-12).sqrt()


def stack_layers(features: Features, names: Sequence[str]) -> torch.Tensor:
    """The named layers, power-normalized, on the last one's grid: (N, sum of C, H, W)."""
    layers = [features[name] for name in names]
    rows, columns = layers[-1].shape[-2:]
    grid = (rows, columns)
    layers = [layer if layer.shape[-2:] == grid else F.adaptive_avg_pool2d(layer, grid) for layer in layers]
    return torch.cat([normalize_power(layer) for layer in layers], dim=1)


class TargetModel:
    """Scores how target-like each cell of a search region is: near 1 at the target, near 0 elsewhere."""

    def __init__(
        self,
        features: torch.Tensor,
        offsets: torch.Tensor,
        target_cells: float,
        params: AtomParams,
        generator: torch.Generator,
    ) -> None:
        """Learn from the first frame (ATOM, CVPR 2019, sec. 3.3).

        Args:
            features: (N, C, H, W), power-normalized, the unaltered sample first.
            offsets: (N, 2) as (x, y) in cells, the target's center from the middle of the map.
            target_cells: sqrt(w h) of the target in cells.
            params: sizes, weights, iterations.
            generator: on the CPU; draws the start of filter and projection, so that equal seeds give equal models.
        """
        self._params = params
        self._sigma = max(target_cells * params.label_sigma, 1e-2)
        self._grid = features.shape[-2:]
        labels = self._make_labels(offsets)
        channels, kernel = features.shape[1], params.kernel_size
        projection = torch.randn(params.compressed_dim, channels, generator=generator) / channels**0.5
        filt = torch.randn(params.compressed_dim, kernel, kernel, generator=generator)
        # nearly zero: scores far below zero have no gradient, so a start that makes them would never recover
        filt = filt / filt.numel()
        weights = features.new_full((len(features),), 1 / len(features))
        problem = JointProblem(
            features, labels, weights, params.filter_reg, params.projection_reg, params.response_floor
        )
        start = [filt.to(features), projection.to(features)]
        steps = [params.init_cg_iter] * params.init_gn_iter
        self.filter, self.projection = gauss_newton(problem, start, steps)
        self.memory = SampleMemory(
            project(features, self.projection), labels, params.memory_size, params.init_samples_minimum_weight
        )

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the score cell that answers to the middle of the search region."""
        half = 0.5 * (1 - self._params.kernel_size % 2)
        return (self._grid[1] - 1) / 2 + half, (self._grid[0] - 1) / 2 + half

    def project(self, features: torch.Tensor) -> torch.Tensor:
        """Power-normalized features (N, C, H, W) to (N, D, H, W)."""
        return project(features, self.projection)

    def scores(self, projected: torch.Tensor) -> torch.Tensor:
        """Scores (N, H, W) of projected features."""
        return correlate(projected, self.filter)

    def store(self, projected: torch.Tensor, offset: tuple[float, float], rate: float) -> None:
        """Remember one sample (1, D, H, W) whose target lies `offset` (x, y) cells from the middle."""
        label = self._make_labels(projected.new_tensor([offset]))
        self.memory.add(projected[0], label[0], rate)

    def update(self, iterations: int) -> None:
        """Improve the filter on all remembered samples: one linearization, Polak-Ribiere conjugate gradients."""
        memory, params = self.memory, self._params
        problem = FilterProblem(
            memory.features, memory.labels, memory.weights, params.filter_reg, params.response_floor
        )
        (self.filter,) = gauss_newton(problem, [self.filter], [iterations], fletcher_reeves=False)

    def _make_labels(self, offsets: torch.Tensor) -> torch.Tensor:
        return gaussian_labels(offsets + offsets.new_tensor(self.center), self._sigma, *self._grid)
