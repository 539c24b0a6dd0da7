"""Bhattacharyya distance loss, in [0, 1).

    D = sum_k d_k^2 / (s_k^2 + t_k^2) + 1/2 ln((s_k^2 + t_k^2) / (2 s_k t_k))          L = 1 - 1 / (1 + ln(1 + D))

Source: the form that rotated-box toolkits give every divergence of two Gaussians (arXiv 2209.10839). D is smooth_iou's
divergence; the outer form flattens the gradient far from the target, where smooth_iou's logarithm keeps it.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.gaussian.base import GaussianLoss, bounded, size_divergence


class BCDLoss(GaussianLoss):
    """`1 - 1 / (1 + ln(1 + D))`."""

    most = 1.0

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        center = (d / (s.square() + t.square()).sqrt()).square().sum(0)
        return bounded(center + size_divergence(s, t))


ENTRY = LossEntry(
    name="bcd",
    aliases=(),
    family="gaussian",
    description="Bhattacharyya distance, log1p, bounded",
    source="arXiv 2209.10839",
    loss=BCDLoss,
    steepest=(0.5, 4.0),
)
