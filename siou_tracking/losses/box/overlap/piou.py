"""Powerful-IoU losses: `1 - IoU` plus a bounded cost of the edges, and that times an attention to middling boxes.

    P  = (|left| + |right|) / (4 tw) + (|top| + |bottom|) / (4 th)     differences of the edges over the target's size
    v1 = 1 - IoU + 1 - exp(-P^2)                                       in [0, 2]
    v2 = 3 q exp(-q^2) v1,  q = attention exp(-P)                      in [0, 2.6), and back to 0 far away

Source: Liu et al., "Powerful-IoU: More straightforward and faster bounding box regression loss with a nonmonotonic
focusing mechanism", Neural Networks 170, 2024. The attention has its gradient, as there. Not Pixels-IoU, which is
called PIoU as well.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair


def _edge_cost(pair: Pair) -> torch.Tensor:
    """P `(...)`."""
    # |d - g/2| + |d + g/2| is twice the larger of |d| and |g|/2.
    return (torch.maximum(pair.d.abs(), (pair.s - pair.t).abs() / 2) / pair.t).sum(0) / 2


class PIoUv1Loss(OverlapLoss):
    """`1 - IoU + 1 - exp(-P^2)`."""

    def formula(self, pair: Pair) -> torch.Tensor:
        return 1 - pair.iou - torch.expm1(-_edge_cost(pair).square())


class PIoULoss(PIoUv1Loss):
    """v2: v1 times `3 q exp(-q^2)` with `q = attention exp(-P)`.

    Args:
        attention: lambda of the paper.
    """

    def __init__(self, attention: float = 1.3, box_format: str = "xyxy", reduction: str = "mean") -> None:
        super().__init__(box_format, reduction)
        self.attention = check_number("piou", "attention", attention)

    def formula(self, pair: Pair) -> torch.Tensor:
        q = self.attention * torch.exp(-_edge_cost(pair))
        return 3 * q * torch.exp(-q.square()) * super().formula(pair)


ENTRIES = (
    LossEntry(
        name="piou",
        aliases=("piou_v2",),
        family="overlap",
        description="Powerful-IoU v2: v1 times an attention",
        source="Neural Networks 170",
        loss=PIoULoss,
        steepest=(2.1, 1.7),
        no_score="it falls again far from the target, where a box would score as an equal one: take piou_v1",
    ),
    LossEntry(
        name="piou_v1",
        aliases=(),
        family="overlap",
        description="Powerful-IoU v1: IoU and the edges",
        source="Neural Networks 170",
        loss=PIoUv1Loss,
        steepest=(2.0, 1.3),
    ),
)
