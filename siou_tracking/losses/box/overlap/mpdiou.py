"""MPDIoU loss: `1 - IoU` plus the squared distances of both corners over the picture's squared diagonal.

    L = 1 - IoU + (|tl|^2 + |br|^2) / (W^2 + H^2)       tl, br the differences of the top-left and bottom-right corners

Source: Ma and Xu, "MPDIoU: A Loss for Efficient and Accurate Bounding Box Regression", arXiv 2307.07662. W and H are
the picture's; a tracker sees a square crop of it, whose side is the parameter. In [0, 3) while the boxes lie in the
picture; the distance has no bound beyond it.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair


class MPDIoULoss(OverlapLoss):
    """`1 - IoU + (|tl|^2 + |br|^2) / (2 image_size^2)`.

    Args:
        image_size: side of the square picture or crop, in the unit of the boxes: 1 for boxes as shares of it.
    """

    def __init__(self, image_size: float = 1.0, box_format: str = "xyxy", reduction: str = "mean") -> None:
        super().__init__(box_format, reduction)
        self.image_size = check_number("mpdiou", "image_size", image_size)

    def formula(self, pair: Pair) -> torch.Tensor:
        # The corners are d -+ (s - t) / 2 apart; divided first, for squares of pixels need not fit.
        offset, growth = pair.d / self.image_size, (pair.s - pair.t) / self.image_size
        return 1 - pair.iou + (offset.square() + growth.square() / 4).sum(0)


ENTRY = LossEntry(
    name="mpdiou",
    aliases=(),
    family="overlap",
    description="IoU and both corners' distances",
    source="arXiv 2307.07662",
    loss=MPDIoULoss,
    lengths={"image_size": "shares"},
)
