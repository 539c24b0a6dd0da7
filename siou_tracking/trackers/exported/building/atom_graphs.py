"""What `atom.tracker.ATOM` computes with tensors, as modules of tensors alone; see `atom_steps` for how they follow."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siou_tracking.trackers.atom.augmentation import blur
from siou_tracking.trackers.atom.correlation import correlate
from siou_tracking.trackers.atom.optimization import gauss_newton
from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.atom.target_problem import FilterProblem, JointProblem, project
from siou_tracking.trackers.atom.upsampling import fourier_upsample


class Augment(nn.Module):
    """Altered copies of a wider region; see `augmentation.augment`."""

    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._size, self._settings = params.patch_size, params.augmentations

    def forward(self, region: Tensor, theta: Tensor) -> tuple[Tensor]:
        size, settings = self._size, self._settings
        grid = F.affine_grid(theta, [len(theta), 3, size, size], align_corners=True)  # [N, S, S, 2]
        images = region.permute(2, 0, 1)[None].expand(len(theta), -1, -1, -1)
        parts = list(F.grid_sample(images, grid, padding_mode="border", align_corners=True).split(1))
        first = 1 + len(settings.shifts) + settings.flip
        for index, (sigma_x, sigma_y) in enumerate(settings.blurs, start=first):
            parts[index] = blur(parts[index], sigma_x, sigma_y)
        return (torch.cat(parts).permute(0, 2, 3, 1),)


class Fit(nn.Module):
    """One Gauss-Newton step on the first frame."""

    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._params = params

    def forward(self, filt: Tensor, projection: Tensor, features: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        params = self._params
        weights = torch.full((len(features),), 1 / len(features))
        problem = JointProblem(
            features, labels, weights, params.filter_reg, params.projection_reg, params.response_floor
        )
        filt, projection = gauss_newton(problem, [filt, projection], [params.init_cg_iter])
        return filt, projection


class Update(nn.Module):
    """A later improvement of the filter."""

    def __init__(self, params: AtomParams) -> None:
        super().__init__()
        self._params = params

    def forward(self, filt: Tensor, samples: Tensor, labels: Tensor, weights: Tensor) -> tuple[Tensor]:
        params = self._params
        problem = FilterProblem(samples, labels, weights, params.filter_reg, params.response_floor)
        (filt,) = gauss_newton(problem, [filt], [params.cg_iter], fletcher_reeves=False)
        return (filt,)


class Search(nn.Module):
    """Stacked layers (1, C, H, W) to projected ones and scores (S, S), one a patch pixel."""

    upsample: Tensor

    def __init__(self, size: int, grid: int) -> None:
        super().__init__()
        # The interpolation is linear and separable: of constant rows of the identity it makes its matrix's columns.
        column = torch.zeros(grid, grid, grid)
        column[range(grid), range(grid), :] = 1
        self.register_buffer("upsample", fourier_upsample(column.double(), size)[:, :, 0].t().float())  # [S, H]

    def forward(self, stacked: Tensor, projection: Tensor, filt: Tensor) -> tuple[Tensor, Tensor]:
        projected = project(stacked, projection)
        scores = correlate(projected, filt)[0]
        return projected, self.upsample @ scores @ self.upsample.t()
