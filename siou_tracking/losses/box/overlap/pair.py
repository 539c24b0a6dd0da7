"""What the overlap losses are made of: two boxes measured per axis, and the areas they share.

In the three numbers per axis of `siou_tracking.losses.box.base`, center offset d, prediction size s, target size t:

    overlap = max(0, min(s, t, (s + t)/2 - |d|))        side of the intersection
    hull    = max(s, t, (s + t)/2 + |d|)                side of the smallest box around both

All is column arithmetic without masks, which compiles to one kernel. Values and gradients are finite for every finite
pair of boxes; sizes below eps count as eps (see base.py), so no denominator is zero and equal boxes cost exactly 0. NaN
in gives NaN out for that box.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from siou_tracking.losses.box.base import BoxLoss, clamp_passing_gradient, measure, prepare


class Pair(NamedTuple):
    """Two boxes: `(2, ...)` per axis, `(...)` for the areas and the IoU."""

    d: torch.Tensor
    """Center offset, prediction minus target."""
    s: torch.Tensor
    """Size of the prediction."""
    t: torch.Tensor
    """Size of the target."""
    hull: torch.Tensor
    """Sides of the smallest box around both."""
    union: torch.Tensor
    iou: torch.Tensor
    eps: float
    """The smallest size that counts."""


Penalties = tuple[torch.Tensor, ...]
"""What is added to 1 - IoU: terms `(...)` that are 0 for equal boxes and never negative."""


def intersect(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Areas `(...)` of intersection and union from center offsets and sizes `(2, ...)`."""
    side = torch.minimum(torch.minimum(s, t), (s + t) / 2 - d.abs()).clamp_min(0)
    intersection = side[0] * side[1]
    return intersection, s[0] * s[1] + t[0] * t[1] - intersection


class OverlapLoss(BoxLoss):
    """A loss that is a formula of a `Pair`, called as `loss(pred, target, weights=None)`."""

    most = 2.0

    def formula(self, pair: Pair) -> torch.Tensor:
        """Loss `(...)` of each pair, not below 0 but for rounding."""
        raise NotImplementedError

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        pred, target, eps = prepare(pred, target, self.box_format)
        d, s, t = measure(pred, target, self.box_format, eps)  # [2, ...] each
        s = clamp_passing_gradient(s, eps)
        hull = torch.maximum(torch.maximum(s, t), (s + t) / 2 + d.abs())
        intersection, union = intersect(d, s, t)
        # Rounding can put the loss a hair below zero.
        return self.formula(Pair(d, s, t, hull, union, intersection / union, eps)).clamp_min(0)


def center_share(pair: Pair) -> torch.Tensor:
    """Squared distance of the centers over the hull's squared diagonal, `(...)` in [0, 1)."""
    return pair.d.square().sum(0) / pair.hull.square().sum(0)


def size_cost(pair: Pair, factors: torch.Tensor | float = 1) -> torch.Tensor:
    """SCYLLA's shape cost `(...)` in [0, 2): sum_k (1 - exp(-f_k |s_k - t_k| / max(s_k, t_k)))^4."""
    difference = factors * (pair.s - pair.t).abs() / torch.maximum(pair.s, pair.t)
    return (-torch.expm1(-difference)).square().square().sum(0)
