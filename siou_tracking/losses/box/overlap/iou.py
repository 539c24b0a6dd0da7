"""IoU loss `1 - IoU`, in [0, 1]. Its gradient is zero where the boxes do not meet.

Source: Yu et al., "UnitBox: An Advanced Object Detection Network", arXiv 1608.01471, in the linear form `1 - IoU` (the
paper writes `-ln IoU`, which is infinite for disjoint boxes). As a score it is the IoU itself.
"""

from __future__ import annotations

import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.losses.box.base import prepare
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, Penalties


def no_penalties(pair: Pair) -> Penalties:
    """Nothing beside 1 - IoU."""
    return ()


class IoULoss(OverlapLoss):
    """`1 - IoU`."""

    def formula(self, pair: Pair) -> torch.Tensor:
        return 1 - pair.iou

    def similarity(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The IoU `(...)` of each pair of boxes `(..., 4)`."""
        # In the order of operations of the trackers' data layers: recomputing their target changes no bit of it.
        pred, target, _ = prepare(pred, target, self.box_format)
        return elementwise_iou(pred, target, self.box_format)


ENTRY = LossEntry(
    name="iou",
    aliases=(),
    family="overlap",
    description="1 - IoU; flat where the boxes do not meet",
    source="arXiv 1608.01471",
    loss=IoULoss,
    steepest=(2.0, 1.0),
)
