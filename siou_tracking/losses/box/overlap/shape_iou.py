"""Shape-IoU loss, in [0, 4): `1 - IoU` plus distance and size costs weighed by the target's own shape.

    w_x = 2 tw^s / (tw^s + th^s),  w_y = 2 th^s / (tw^s + th^s)      s the data's scale, 0 to 1; 0 makes both 1
    distance = (w_y dx^2 + w_x dy^2) / |hull|^2
    O = sum_k (1 - exp(-o_k))^4,   o_x = w_y |sx - tx| / max(sx, tx),   o_y = w_x |sy - ty| / max(sy, ty)
    L = 1 - IoU + distance + O / 2

Source: Zhang and Zhang, "Shape-IoU: More Accurate Metric considering Bounding Box Shape and Scale", arXiv 2312.17663.
"""

from __future__ import annotations

import torch

from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, size_cost


class ShapeIoULoss(OverlapLoss):
    """`1 - IoU + distance + O / 2`.

    Args:
        scale: s of the data set, from 0 (both axes alike) up.
    """

    def __init__(self, scale: float = 0.0, box_format: str = "xyxy", reduction: str = "mean") -> None:
        super().__init__(box_format, reduction)
        is_zero = not isinstance(scale, bool) and scale == 0
        try:
            self.scale = 0.0 if is_zero else check_number("shape_iou", "scale", scale)
        except InputError:
            raise InputError(f"shape_iou: scale: got {scale!r}, allowed is a finite number from 0 up") from None

    def formula(self, pair: Pair) -> torch.Tensor:
        # Of sizes over the larger side, so that no power overflows; flipped, for each axis is weighed by the other's.
        power = (pair.t / pair.t.amax(0)) ** self.scale
        weight = (2 * power / power.sum(0)).flip(0)
        distance = (weight * pair.d.square()).sum(0) / pair.hull.square().sum(0)
        return 1 - pair.iou + distance + size_cost(pair, weight) / 2


ENTRY = LossEntry(
    name="shape_iou",
    aliases=(),
    family="overlap",
    description="IoU, distance, size by target's shape",
    source="arXiv 2312.17663",
    loss=ShapeIoULoss,
    steepest=(2.0, 1.2),
)
