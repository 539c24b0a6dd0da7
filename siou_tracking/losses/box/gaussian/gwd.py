"""Gaussian Wasserstein distance loss, over the boxes' mean size, under a logarithm.

    W = sqrt(sum_k d_k^2 + (s_k - t_k)^2 / 4)          L = ln(1 + W / (sx sy tx ty)^(1/4))

Source: Yang et al., "Rethinking Rotated Object Detection with Gaussian Wasserstein Distance Loss", arXiv 2101.11952, in
the form that its authors' toolkit has as a default: distance over 2 (det det)^(1/8), log1p, tau 0. The root makes a
cone: the gradient does not fall as the boxes get near. Their heads weigh it by 5.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.gaussian.base import GaussianLoss, wasserstein


class GWDLoss(GaussianLoss):
    """`ln(1 + W / (sx sy tx ty)^(1/4))`, in [0, inf)."""

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        mean_size = (s.prod(0).sqrt() * t.prod(0).sqrt()).sqrt()  # root by root: the product of four may be too small
        return torch.log1p(wasserstein(d, s, t) / mean_size)


ENTRY = LossEntry(
    name="gwd",
    aliases=(),
    family="gaussian",
    description="Wasserstein over the mean size, log1p",
    source="arXiv 2101.11952",
    loss=GWDLoss,
)
