"""What a target's filter is fitted to: functions of its scores, with the derivatives that a step needs.

An objective is called with scores (images, sequences, H, W) and gives a `Linearization` there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from siou_tracking.ltr.models.layers.activation import log_partition
from siou_tracking.ltr.models.layers.distance import center_offsets

_Activation = Callable[[Tensor, Tensor], Tensor]


class Linearization(NamedTuple):
    """An objective L at some scores s."""

    loss: Tensor
    """L(s), summed over sequences."""
    gradient: Tensor
    """(images, sequences, H, W): half of dL / ds for least squares, dL / ds for a divergence, as the papers have it."""
    curvature: Callable[[Tensor], Tensor]
    """For a change of s, (images, sequences, H, W), its square under the same matrix, (sequences)."""


@dataclass(frozen=True)
class LeastSquares:
    """The squared norm of u (y(s) - label), linearized as Gauss and Newton do (DiMP, equations 3 to 5).

    Args:
        label: (images, sequences, H, W).
        weight: u, a number or of a shape that broadcasts to the label's.
        mask: the second argument of both functions.
        activation, derivative: y and dy / ds, called with the scores and the mask.
    """

    label: Tensor
    weight: Tensor | float
    mask: Tensor
    activation: _Activation
    derivative: _Activation

    def __call__(self, scores: Tensor) -> Linearization:
        residual = self.weight * (self.activation(scores, self.mask) - self.label)
        slope = self.weight * self.derivative(scores, self.mask)
        return Linearization(
            residual.square().sum(), slope * residual, lambda change: (slope * change).square().sum(dim=(0, 2, 3))
        )


@dataclass(frozen=True)
class KLDivergence:
    """The sum over images of w KL(p, softmax over cells of s), but for a constant (PrDiMP, section 4.2).

    Args:
        density: p, (images, sequences, H, W).
        weight: w, a number or (images, sequences, 1, 1).
        softmax_reg: logit of a cell without a place; None for none.
    """

    density: Tensor
    weight: Tensor | float
    softmax_reg: float | None

    def __call__(self, scores: Tensor) -> Linearization:
        log_z = log_partition(scores, (-2, -1), self.softmax_reg)
        predicted = (scores - log_z).exp()
        loss = self.weight * (log_z - (self.density * scores).sum(dim=(-2, -1), keepdim=True))

        def curvature(change: Tensor) -> Tensor:
            weighted = predicted * change
            hessian = weighted - predicted * weighted.sum(dim=(-2, -1), keepdim=True)
            squared = (change * hessian).sum(dim=(-2, -1), keepdim=True).clamp(min=0)
            return (self.weight * squared).sum(dim=(0, 2, 3))

        return Linearization(loss.sum(), self.weight * (predicted - self.density), curvature)


def gaussian_map(center: Tensor, output_sz: tuple[int, int] | torch.Size, sigma: float) -> Tensor:
    """exp(-d^2 / (2 sigma^2)) of the distance d to a center, which is 1 there.

    Args:
        center: (..., 2) as (y, x) in cells.
        output_sz: rows H and columns W.
        sigma: in cells, above 0.

    Returns:
        (..., H, W).
    """
    rows, columns = ((-0.5 / sigma**2 * offset.square()).exp() for offset in center_offsets(center, output_sz))
    return rows.unsqueeze(-1) * columns.unsqueeze(-2)


def gaussian_density(center: Tensor, output_sz: tuple[int, int] | torch.Size, sigma: float) -> Tensor:
    """The normal density, per cell; for sigma = 0 all of it in the nearest cell. Arguments as `gaussian_map`."""
    if sigma > 0:
        return gaussian_map(center, output_sz, sigma) / (2 * math.pi * sigma**2)
    row, column = (
        torch.zeros_like(offset).scatter_(-1, offset.abs().argmin(-1, keepdim=True), 1.0)
        for offset in center_offsets(center, output_sz)
    )
    return row.unsqueeze(-1) * column.unsqueeze(-2)
