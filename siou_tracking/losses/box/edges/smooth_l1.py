"""Smooth L1 loss: L1 with a parabola below `beta`.

    L = 1/4 sum over the edges of  x^2 / (2 beta) where x < beta,  x - beta / 2 elsewhere;   x = |pred - target| / unit

Source: Girshick, "Fast R-CNN", arXiv 1504.08083, with later toolkits' bend of 1/9. It depends on the unit
of the boxes.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.edges.l1 import EdgeLoss
from siou_tracking.losses.box.entry import LossEntry


class SmoothL1Loss(EdgeLoss):
    """L1 with a parabola below `beta`.

    Args:
        unit: the length that counts as 1, in the unit of the boxes.
        beta: where the parabola ends, in units.
    """

    name = "smooth_l1"

    def __init__(
        self, unit: float = 1.0, beta: float = 1 / 9, box_format: str = "xyxy", reduction: str = "mean"
    ) -> None:
        super().__init__(unit, box_format, reduction)
        self.beta = check_number(self.name, "beta", beta)

    def cost(self, distance: torch.Tensor) -> torch.Tensor:
        inner = distance.clamp_max(self.beta)
        return inner.square() / (2 * self.beta) + (distance - inner)


ENTRY = LossEntry(
    name="smooth_l1",
    aliases=(),
    family="edges",
    description="L1 with a parabola below beta",
    source="arXiv 1504.08083",
    loss=SmoothL1Loss,
    lengths={"unit": "shares"},
)
