"""Alpha-IoU losses: every term of a host to the power alpha.

    L = 1 - IoU^alpha + sum over the host's penalties p of p^alpha

Source: He et al., "Alpha-IoU: A Family of Power Intersection over Union Losses for Bounding Box Regression",
arXiv 2110.13675, whose hosts are IoU, GIoU, DIoU and CIoU; alpha 1 is the host. Below 1, which the paper allows, the
gradient has no bound as the overlap vanishes, so it is refused.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair
from siou_tracking.losses.box.remapped.hosts import PENALTIES, check_host

HOSTS = ("iou", "giou", "diou", "ciou")


class AlphaIoULoss(OverlapLoss):
    """`1 - IoU^alpha` and the host's penalties to the power alpha.

    Args:
        alpha: at least 1.
        host: iou, giou, diou or ciou.
    """

    def __init__(
        self, alpha: float = 3.0, host: str = "iou", box_format: str = "xyxy", reduction: str = "mean"
    ) -> None:
        super().__init__(box_format, reduction)
        self.alpha = check_number("alpha_iou", "alpha", alpha, least=1)
        self.host = check_host("alpha_iou", host, HOSTS)
        self.most = 1.0 if host == "iou" else 2.0

    def formula(self, pair: Pair) -> torch.Tensor:
        return sum((p**self.alpha for p in PENALTIES[self.host](pair)), 1 - pair.iou**self.alpha)


ENTRY = LossEntry(
    name="alpha_iou",
    aliases=(),
    family="remapped",
    description="1 - IoU^alpha, in a host: its terms too",
    source="arXiv 2110.13675",
    loss=AlphaIoULoss,
    steepest=(6.0, 3.0),
)
