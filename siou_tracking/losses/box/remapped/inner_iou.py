"""Inner-IoU losses: a host whose IoU is that of both boxes scaled about their centers.

    L = 1 - IoU(boxes times ratio) + penalties of the host, from the boxes as they are

Source: Zhang et al., "Inner-IoU: More Effective Intersection over Union Loss with Auxiliary Bounding Box",
arXiv 2311.02877, where it is L_host + IoU - IoU_inner. Below ratio 1 the gradient is steeper near the target, above it
reaches farther: the paper takes 0.7 to 1.2. Ratio 1 is the host.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, intersect
from siou_tracking.losses.box.remapped.hosts import PENALTIES, check_host


class InnerIoULoss(OverlapLoss):
    """`1 - IoU` of the scaled boxes and the host's penalties.

    Args:
        ratio: factor on both boxes' sizes.
        host: iou, giou, diou, ciou, eiou or siou_angle.
    """

    def __init__(
        self, ratio: float = 0.7, host: str = "iou", box_format: str = "xyxy", reduction: str = "mean"
    ) -> None:
        super().__init__(box_format, reduction)
        self.ratio = check_number("inner_iou", "ratio", ratio)
        self.host = check_host("inner_iou", host)
        self.most = 1.0 if host == "iou" else 2.0

    def formula(self, pair: Pair) -> torch.Tensor:
        intersection, union = intersect(pair.d, self.ratio * pair.s, self.ratio * pair.t)
        return sum(PENALTIES[self.host](pair), 1 - intersection / union)


ENTRY = LossEntry(
    name="inner_iou",
    aliases=(),
    family="remapped",
    description="IoU of boxes scaled by ratio, in a host",
    source="arXiv 2311.02877",
    loss=InnerIoULoss,
    steepest=(2.9, 1.0),
)
