"""Kullback-Leibler divergence loss, in [0, 1).

    D = KL(prediction || target) = sum_k 2 d_k^2 / t_k^2 + (s_k^2 / t_k^2 - 1 - ln(s_k^2 / t_k^2)) / 2
    L = 1 - 1 / (1 + ln(1 + D))

Source: Yang et al., "Learning High-Precision Bounding Box for Rotated Object Detection via Kullback-Leibler
Divergence", arXiv 2106.01883, with log1p, tau 1 and without the square root that its authors dropped. The other
direction is smooth_iou's divergence "kl". Their heads weigh it by 5.5.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.gaussian.base import GaussianLoss, bounded


class KLDLoss(GaussianLoss):
    """`1 - 1 / (1 + ln(1 + KL(prediction || target)))`."""

    most = 1.0

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        # With u = s/t - 1 the size term is u^2 / 2 + u - ln(s/t), and log1p does not cancel where s is near t.
        u = (s - t) / t
        grow, shrink = torch.log1p((s - t).clamp_min(0) / t), torch.log1p((t - s).clamp_min(0) / s)
        terms = 2 * (d / t).square() + u.square() / 2 + (u - torch.where(s > t, grow, -shrink))
        return bounded(terms.sum(0).clamp_min(0))  # the bracket can round to a hair below zero


ENTRY = LossEntry(
    name="kld",
    aliases=(),
    family="gaussian",
    description="KL(prediction || target), log1p, bounded",
    source="arXiv 2106.01883",
    loss=KLDLoss,
    steepest=(0.8, 2.9),
)
