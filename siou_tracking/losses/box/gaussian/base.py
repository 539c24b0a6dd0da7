"""Boxes read as axis-aligned Gaussians with the box's center and a standard deviation of half its size.

Predicted sizes below a hundredth of the target's are those of `continue_size`, so that every value and slope is finite.
Smooth-IoU is such a loss as well: `siou_tracking.losses.box.smooth_iou`.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import BoxLoss, continue_size, measure, prepare


class GaussianLoss(BoxLoss):
    """A loss that is a formula of center offset, predicted size and target size, called as `loss(pred, target)`."""

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` from three `(2, ...)`, one per axis; s and t are above 0."""
        raise NotImplementedError

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        pred, target, eps = prepare(pred, target, self.box_format)
        d, s, t = measure(pred, target, self.box_format, eps)  # [2, ...] each
        return self.formula(d, continue_size(s, t, eps), t)


def square_root(value: torch.Tensor) -> torch.Tensor:
    """Root of numbers from 0 up, with gradient 0 at 0."""
    above = value > 0
    return torch.where(above, torch.where(above, value, 1).sqrt(), 0 * value)  # 0 * value keeps a NaN


def wasserstein(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """2-Wasserstein distance `(...)` in the unit of the boxes; a cone, whose tip is at equal boxes."""
    return square_root((d.square() + (s - t).square() / 4).sum(0))


def size_divergence(s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Bhattacharyya distance `(...)` of two Gaussians with one mean: 1/2 sum_k ln((s^2 + t^2) / (2 s t))."""
    u, v = ((s - t).square() / (2 * s * t)).unbind(0)
    return torch.log1p(u + v + u * v) / 2


def bounded(divergence: torch.Tensor) -> torch.Tensor:
    """The field's outer form `1 - 1 / (1 + ln(1 + D))` of divergences from 0 up, in [0, 1)."""
    outer = torch.log1p(divergence)
    return outer / (1 + outer)
