"""KFIoU loss: the overlap of a Kalman filter's three Gaussians, brought to [0, 1], plus a distance of the centers.

    V = product of the sizes, of the filtered box: prod_k s_k t_k / sqrt(s_k^2 + t_k^2)
    KFIoU = V_filtered / (V_pred + V_target - V_filtered)             in (0, 1/3], 1/3 for equal sizes
    L = 1 - 3 KFIoU + sum_k smooth_l1(d_k / t_k), bend at 1/9

Source: Yang et al., "The KFIoU Loss for Rotated Object Detection", arXiv 2201.12558, which brings the overlap to [0, 1]
as well; without that equal boxes would cost 2/3. Its authors' toolkit takes the smooth L1 of offsets over the anchor's
size; a tracker has no anchors, so the target's size stands in, without gradient. Their heads weigh it by 5.
"""

from __future__ import annotations

import torch
from torch.nn.functional import smooth_l1_loss

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.gaussian.base import GaussianLoss

_BEND = 1 / 9


class KFIoULoss(GaussianLoss):
    """`1 - 3 KFIoU + sum_k smooth_l1(d_k / t_k)`, in [0, inf)."""

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        # Half the volumes of prediction and target over the filtered one; exactly 1 for equal sizes, and root by root,
        # for the product of the squares may be too large.
        pred, target = (((1 + ratio.square()) / 2).sqrt().prod(0) for ratio in (s / t, t / s))
        offset = d / t.detach()
        center = smooth_l1_loss(offset, torch.zeros_like(offset), reduction="none", beta=_BEND).sum(0)
        return (1 - 3 / (2 * (pred + target) - 1)).clamp_min(0) + center


ENTRY = LossEntry(
    name="kfiou",
    aliases=(),
    family="gaussian",
    description="Kalman overlap, smooth L1 of centers",
    source="arXiv 2201.12558",
    loss=KFIoULoss,
    steepest=(1.0, 2.8),
)
