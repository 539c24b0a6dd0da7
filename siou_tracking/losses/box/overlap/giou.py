"""Generalized IoU loss, in [0, 2]: `1 - IoU` plus the share of the hull that neither box covers.

Source: Rezatofighi et al., arXiv 1902.09630, algorithm 1.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, Penalties


def giou_penalties(pair: Pair) -> Penalties:
    """The uncovered share of the hull, in [0, 1)."""
    return ((1 - pair.union / (pair.hull[0] * pair.hull[1])).clamp_min(0),)


class GIoULoss(OverlapLoss):
    """`1 - IoU + (hull - union) / hull`."""

    def formula(self, pair: Pair) -> torch.Tensor:
        return sum(giou_penalties(pair), 1 - pair.iou)


ENTRY = LossEntry(
    name="giou",
    aliases=(),
    family="overlap",
    description="IoU and the empty share of the hull",
    source="arXiv 1902.09630",
    loss=GIoULoss,
    steepest=(2.0, 2.0),
)
