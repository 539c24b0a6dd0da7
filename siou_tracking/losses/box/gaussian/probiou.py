"""Probabilistic IoU loss, in [0, 1): the Hellinger distance of two Gaussians.

    B = sum_k 3 d_k^2 / (s_k^2 + t_k^2) + 1/2 ln((s_k^2 + t_k^2) / (2 s_k t_k))          L = sqrt(1 - exp(-B))

Source: Llerena et al., "Gaussian Bounding Boxes and Probabilistic Intersection-over-Union for Object Detection",
arXiv 2106.06072. Here the Gaussian has the variance of the uniform distribution on the box, size^2 / 12, as there. B is
smooth_iou's divergence with three times the weight on centers. Public copies clamp B to [1e-7, 100], so that equal
boxes cost 3e-4; here they cost 0. The root makes a cone, and 5 sizes away the gradient is gone.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.gaussian.base import GaussianLoss, size_divergence, square_root


class ProbIoULoss(GaussianLoss):
    """`sqrt(1 - exp(-B))`."""

    most = 1.0

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        # Divided before it is squared: the slope of the quotient of squares may not fit.
        center = 3 * (d / (s.square() + t.square()).sqrt()).square().sum(0)
        return square_root(-torch.expm1(-(center + size_divergence(s, t))))


ENTRY = LossEntry(
    name="probiou",
    aliases=("hellinger",),
    family="gaussian",
    description="Hellinger distance of the Gaussians",
    source="arXiv 2106.06072",
    loss=ProbIoULoss,
    steepest=(1.2, 3.9),
)
