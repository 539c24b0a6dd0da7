"""Focaler-IoU losses: a host whose IoU is stretched from [low, high] to [0, 1].

    L = 1 - F + penalties of the host,   F = clamp((IoU - low) / (high - low), 0, 1)

Source: Zhang and Zhang, "Focaler-IoU: More Focused Intersection over Union Loss", arXiv 2401.10525, where it is
L_host + IoU - F. Beyond the interval F is flat: with the default the plain form costs nothing from IoU 0.95 up.
"""

from __future__ import annotations

import torch

from siou_tracking.errors import InputError
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair
from siou_tracking.losses.box.remapped.hosts import PENALTIES, check_host


class FocalerIoULoss(OverlapLoss):
    """`1 - F` and the host's penalties.

    Args:
        low: IoU that counts as 0.
        high: IoU that counts as 1.
        host: iou, giou, diou, ciou, eiou or siou_angle.
    """

    def __init__(
        self,
        low: float = 0.0,
        high: float = 0.95,
        host: str = "iou",
        box_format: str = "xyxy",
        reduction: str = "mean",
    ) -> None:
        super().__init__(box_format, reduction)
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (low, high))
        if not numbers or not 0 <= low < high <= 1:
            raise InputError(f"focaler_iou: low, high: got {low!r}, {high!r}, allowed are 0 <= low < high <= 1")
        self.low, self.high = float(low), float(high)
        self.host = check_host("focaler_iou", host)
        self.most = 1.0 if host == "iou" else 2.0

    def formula(self, pair: Pair) -> torch.Tensor:
        focused = ((pair.iou - self.low) / (self.high - self.low)).clamp(0, 1)
        return sum(PENALTIES[self.host](pair), 1 - focused)


ENTRY = LossEntry(
    name="focaler_iou",
    aliases=(),
    family="remapped",
    description="IoU stretched from [low, high], in a host",
    source="arXiv 2401.10525",
    loss=FocalerIoULoss,
    steepest=(2.2, 1.1),
)
