"""Wise-IoU losses: `1 - IoU` times a distance attention, and that times a focus on boxes of ordinary quality.

    v1 = exp(|d|^2 / |hull|^2) (1 - IoU)                      the hull without gradient; in [0, e]
    v3 = b / (delta alpha^(b - delta)) v1                     b = (1 - IoU) / (running mean of it), without gradient

Source: Tong et al., "Wise-IoU: Bounding Box Regression Loss with Dynamic Focusing Mechanism", arXiv 2301.10051.
Neither gradient is the derivative of the value.

The running mean of v3 is taken over all boxes of each call in training mode that builds a graph, NaN left out: each
call has weight `momentum`, and the weights are divided by their sum, so that the first call is measured against its own
mean (the paper starts from 1). It is a plain tensor on the boxes' device, read by no one, so that no call waits. It is
not a buffer that processes have to exchange: each has the mean of its own batches, whose expectation is the same, and
no collective call can be missed. A checkpoint of this package's engine has the first process's (`running.py`), a
checkout's has none: a run that is resumed there starts it from its first batch and has it again after about
1 / momentum steps. In evaluation mode it stays as it is; before any training it counts as 1.
"""

from __future__ import annotations

import math

import torch

from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, center_share


class WIoULoss(OverlapLoss):
    """v1: `exp(|d|^2 / |hull|^2) (1 - IoU)`, the hull without gradient."""

    most = math.e

    def formula(self, pair: Pair) -> torch.Tensor:
        return torch.exp(center_share(pair._replace(hull=pair.hull.detach()))) * (1 - pair.iou)


class WIoUv3Loss(WIoULoss):
    """v3: v1 times `b / (delta alpha^(b - delta))`; has a state, see the top of this file.

    Args:
        alpha: of the paper, above 1: how fast the weight of poor boxes falls.
        delta: of the paper: the b that has weight 1.
        momentum: weight of one call in the running mean.
    """

    def __init__(
        self,
        alpha: float = 1.7,
        delta: float = 2.7,
        momentum: float = 0.01,
        box_format: str = "xyxy",
        reduction: str = "mean",
    ) -> None:
        super().__init__(box_format, reduction)
        self.alpha = check_number("wiou_v3", "alpha", alpha, least=1)
        self.delta = check_number("wiou_v3", "delta", delta)
        self.momentum = check_number("wiou_v3", "momentum", momentum, most=1)
        # Sum of the calls' means and of their weights. No buffers: those would be another entry of a state_dict.
        self.running = torch.zeros(2)

    def formula(self, pair: Pair) -> torch.Tensor:
        cost = (1 - pair.iou).detach()
        self.running = self.running.to(cost)
        if self.training and torch.is_grad_enabled():
            self.running = self._take_in(cost)
        total, weight = self.running.unbind(0)
        mean = torch.where(weight > 0, total / weight.clamp_min(1e-7), 1)
        outlier = cost / mean.clamp_min(1e-7)
        focus = outlier / (self.delta * self.alpha ** (outlier - self.delta))
        return focus * super().formula(pair)

    def _take_in(self, cost: torch.Tensor) -> torch.Tensor:
        """The state after one more call."""
        known = cost.isfinite()
        count = known.sum()
        mean = torch.where(known, cost, 0).sum() / count.clamp_min(1)
        now = torch.stack((mean, torch.ones_like(mean)))
        return torch.where(count > 0, self.running.lerp(now, self.momentum), self.running)


ENTRIES = (
    LossEntry(
        name="wiou",
        aliases=("wiou_v1",),
        family="overlap",
        description="Wise-IoU v1: IoU times exp(distance)",
        source="arXiv 2301.10051",
        loss=WIoULoss,
        steepest=(2.6, 1.4),
    ),
    LossEntry(
        name="wiou_v3",
        aliases=(),
        family="overlap",
        description="Wise-IoU v3: v1, ordinary boxes first",
        source="arXiv 2301.10051",
        loss=WIoUv3Loss,
        steepest=(2.4, 1.3),
        no_score="what a box scores would follow the rest of its batch: take wiou, which has no such weights",
    ),
)
