"""Learning a density over boxes or grid cells from samples (PrDiMP; Danelljan et al., CVPR 2020, arXiv:2003.12565).

A network gives scores s(y); they stand for the density exp(s(y)) / Z. Z, an integral, is estimated from samples drawn
with density q: Z = mean of exp(s) / q. All three losses leave out terms that do not depend on the network.
"""

from __future__ import annotations

import math

import torch
from torch import nn


class KLRegression(nn.Module):
    """KL divergence from a target density g to the network's, by importance sampling.

    log Z - E_g[s], with E_g[s] = mean of s g / q.

    Args:
        eps: added to q, against division by zero.
    """

    def __init__(self, eps: float = 0.0) -> None:
        super().__init__()
        self.eps = eps

    def forward(
        self, scores: torch.Tensor, sample_density: torch.Tensor, gt_density: torch.Tensor, mc_dim: int = -1
    ) -> torch.Tensor:
        """Mean loss over items.

        Args:
            scores: any shape, samples along `mc_dim`. sample_density, gt_density: q > 0 and g >= 0, the same shape.
        """
        q = sample_density + self.eps
        log_z = torch.logsumexp(scores - q.log(), dim=mc_dim) - math.log(scores.shape[mc_dim])
        expected = (scores * (gt_density / q)).mean(dim=mc_dim)
        return (log_z - expected).mean()


class MLRegression(nn.Module):
    """Negative log-likelihood of the true box, log Z - s(true box).

    The first sample is the true box itself (its q is meaningless and by convention -1); the others estimate Z.

    Args:
        eps: added to q, against division by zero.
    """

    def __init__(self, eps: float = 0.0) -> None:
        super().__init__()
        self.eps = eps

    def forward(
        self,
        scores: torch.Tensor,
        sample_density: torch.Tensor,
        gt_density: torch.Tensor | None = None,
        mc_dim: int = -1,
    ) -> torch.Tensor:
        """Mean loss over items.

        Args:
            scores: (N, 1 + P). sample_density: the same shape. gt_density: not used.
            mc_dim: 1 or -1.

        Raises:
            ValueError: samples along another dimension.
        """
        if mc_dim not in (1, -1) or scores.ndim != 2:
            raise ValueError(f"MLRegression: scores {tuple(scores.shape)}, mc_dim {mc_dim}: expected (N, 1 + P) and 1")
        drawn, q = scores[:, 1:], sample_density[:, 1:] + self.eps
        log_z = torch.logsumexp(drawn - q.log(), dim=1) - math.log(drawn.shape[1])
        return (log_z - scores[:, 0]).mean()


class KLRegressionGrid(nn.Module):
    """KL divergence from a target density to the network's over a grid, whose cells give the integrals."""

    def forward(
        self,
        scores: torch.Tensor,
        gt_density: torch.Tensor,
        grid_dim: int | tuple[int, ...] = -1,
        grid_scale: float = 1.0,
    ) -> torch.Tensor:
        """Mean loss over items.

        Args:
            scores: any shape, cells along `grid_dim`. gt_density: density per unit area, the same shape.
            grid_scale: area of a cell; a density sums to 1 / grid_scale.
        """
        log_z = torch.logsumexp(scores, dim=grid_dim) + math.log(grid_scale)
        expected = grid_scale * (scores * gt_density).sum(dim=grid_dim)
        return (log_z - expected).mean()
