"""Jeffreys divergence loss, in [0, 1): the mean of both directions of the Kullback-Leibler divergence.

    D = sum_k (s_k / t_k - t_k / s_k)^2 / 4 + d_k^2 / t_k^2 + d_k^2 / s_k^2            L = 1 - 1 / (1 + ln(1 + D))

Source: one of the symmetric variants of Yang et al., arXiv 2106.01883; see kld.py.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.gaussian.base import GaussianLoss, bounded


class JDLoss(GaussianLoss):
    """`1 - 1 / (1 + ln(1 + D))`."""

    most = 1.0

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        terms = (s / t - t / s).square() / 4 + (d / t).square() + (d / s).square()
        return bounded(terms.sum(0))


ENTRY = LossEntry(
    name="jd",
    aliases=(),
    family="gaussian",
    description="Jeffreys divergence, log1p, bounded",
    source="arXiv 2106.01883",
    loss=JDLoss,
    steepest=(0.8, 2.7),
)
