"""Distance IoU loss, in [0, 2): `1 - IoU` plus the squared center distance over the hull's squared diagonal.

Source: Zheng et al., arXiv 1911.08287, equation 7.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, Penalties, center_share


def diou_penalties(pair: Pair) -> Penalties:
    """The center distance, in [0, 1)."""
    return (center_share(pair),)


class DIoULoss(OverlapLoss):
    """`1 - IoU + |d|^2 / |hull|^2`."""

    def formula(self, pair: Pair) -> torch.Tensor:
        return sum(diou_penalties(pair), 1 - pair.iou)


ENTRY = LossEntry(
    name="diou",
    aliases=(),
    family="overlap",
    description="IoU and the center distance",
    source="arXiv 1911.08287",
    loss=DIoULoss,
    steepest=(2.0, 1.0),
)
