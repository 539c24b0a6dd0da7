"""The loss of ToMP's boxes, under the name that its settings files use."""

from __future__ import annotations

from siou_tracking.losses import build_box_loss
from siou_tracking.retrain.dense_loss import DenseLTRBLoss


class GIoULoss(DenseLTRBLoss):
    """The registry's GIoU over maps of distances: `loss(pred, target, weights=None)` -> (mean loss, IoU of each cell).

    At a cell outside its target upstream's formula multiplies two negative sides to a positive overlap; here boxes that
    do not meet have IoU 0. No sampled cell is outside.
    """

    def __init__(self) -> None:
        super().__init__(build_box_loss("giou", box_format="ltrb", reduction="none"))
