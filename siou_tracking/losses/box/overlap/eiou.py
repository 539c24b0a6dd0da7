"""Efficient IoU loss, in [0, 4): DIoU plus the squared size differences over the hull's squared sides.

Source: Zhang et al., "Focal and Efficient IOU Loss", arXiv 2101.08158, the EIoU loss without the focal weight. Not the
"Extended IoU" that one detection toolkit calls EIoU.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, Penalties, center_share


def eiou_penalties(pair: Pair) -> Penalties:
    """The center distance, in [0, 1), and both size differences, in [0, 2)."""
    return center_share(pair), ((pair.s - pair.t) / pair.hull).square().sum(0)


class EIoULoss(OverlapLoss):
    """`1 - IoU + |d|^2 / |hull|^2 + sum_k ((s_k - t_k) / hull_k)^2`."""

    def formula(self, pair: Pair) -> torch.Tensor:
        return sum(eiou_penalties(pair), 1 - pair.iou)


ENTRY = LossEntry(
    name="eiou",
    aliases=(),
    family="overlap",
    description="DIoU and both size differences",
    source="arXiv 2101.08158",
    loss=EIoULoss,
    steepest=(2.2, 3.8),
)
