"""Complete IoU loss, in [0, 3): DIoU plus `alpha v`, v the squared difference of the aspect angles times 4/pi^2.

Source: Zheng et al., arXiv 1911.08287, equations 8-11; alpha = v / (1 - IoU + v) is held constant in the gradient as
there, while the gradient of v is the true one, without the paper's replacement of 1/(w^2 + h^2) by 1. So it is not the
derivative of the value. Below a hundredth of the target's size the aspect is that of sizes bent by `continue_size`: the
gradient of the true one has no bound there.
"""

from __future__ import annotations

import math

import torch

from siou_tracking.losses.box.base import continue_size
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, Penalties, center_share


def ciou_penalties(pair: Pair) -> Penalties:
    """The center distance, in [0, 1), and alpha v, in [0, 1)."""
    width, height = continue_size(pair.s, pair.t, pair.eps).unbind(0)
    angle = torch.atan2(pair.t[0], pair.t[1]) - torch.atan2(width, height)
    v = (4 / math.pi**2) * angle.square()
    # At equal boxes alpha would be 0/0, where v is 0 and any bounded alpha will do.
    alpha = (v / (1 - pair.iou + v).clamp_min(1e-7)).detach()
    return center_share(pair), alpha * v


class CIoULoss(OverlapLoss):
    """`1 - IoU + |d|^2 / |hull|^2 + alpha v`."""

    def formula(self, pair: Pair) -> torch.Tensor:
        return sum(ciou_penalties(pair), 1 - pair.iou)


ENTRY = LossEntry(
    name="ciou",
    aliases=(),
    family="overlap",
    description="DIoU and the aspect ratio",
    source="arXiv 1911.08287",
    loss=CIoULoss,
    steepest=(2.0, 13.1),
)
