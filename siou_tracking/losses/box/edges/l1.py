"""L1 loss: mean distance of the four edges, in a unit.

    L = 1/4 sum over left, top, right, bottom of |pred - target| / unit

What the heads of OSTrack and STARK add to GIoU, at weight 5 beside 2, for boxes as shares of the search region
(arXiv 2203.11991, section 3.3): `2*giou+5*l1`. It depends on the unit of the boxes.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import BoxLoss, check_number, measure, prepare
from siou_tracking.losses.box.entry import LossEntry


class EdgeLoss(BoxLoss):
    """A mean over the four edges.

    Args:
        unit: the length that counts as 1, in the unit of the boxes: 1 for boxes as shares of the search region, the
            crop's side for boxes in its pixels.
    """

    name = "l1"

    def __init__(self, unit: float = 1.0, box_format: str = "xyxy", reduction: str = "mean") -> None:
        super().__init__(box_format, reduction)
        self.unit = check_number(self.name, "unit", unit)

    def cost(self, distance: torch.Tensor) -> torch.Tensor:
        """What distances `(...)` of edges from 0 up cost, in units."""
        raise NotImplementedError

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        pred, target, eps = prepare(pred, target, self.box_format)
        d, s, t = measure(pred, target, self.box_format, eps)  # [2, ...] each
        half = (s - t) / 2
        edges = (torch.cat((d - half, d + half)) / self.unit).abs()  # [4, ...]
        return self.cost(edges).mean(0)


class L1Loss(EdgeLoss):
    """The distance itself."""

    def cost(self, distance: torch.Tensor) -> torch.Tensor:
        return distance


ENTRY = LossEntry(
    name="l1",
    aliases=(),
    family="edges",
    description="mean distance of the edges",
    source="arXiv 2203.11991",
    loss=L1Loss,
    lengths={"unit": "shares"},
)
