"""The overlap losses that Smooth-IoU is compared with: IoU, GIoU, DIoU, CIoU, EIoU.

All are written in column arithmetic without masks, which compiles to one kernel, and in the three numbers per axis of
`siou_tracking.losses.box.base`: center offset d, prediction size s, target size t. In these, per axis,

    overlap = max(0, min(s, t, (s + t)/2 - |d|))        side of the intersection
    hull    = max(s, t, (s + t)/2 + |d|)                side of the smallest box around both

Values and gradients are finite for every finite pair of boxes; sizes below eps count as eps (see base.py), so no
denominator is zero and equal boxes cost exactly 0. NaN in gives NaN out for that box.

No gradient is steeper than these, by offset and by size of an axis, times the target's size there, at any predicted
size (found by search): iou 2 and 1, giou 2 and 2, diou 2 and 1, ciou 2 and 13.1, eiou 2.2 and 3.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from siou_tracking.losses.box.base import BoxLoss, clamp_passing_gradient, continue_size, measure, prepare, reduce_loss


class _Pair(NamedTuple):
    """What the losses are made of: `(2, ...)` per axis, `(...)` for the areas and the IoU."""

    d: torch.Tensor
    s: torch.Tensor
    t: torch.Tensor
    hull: torch.Tensor
    union: torch.Tensor
    iou: torch.Tensor
    eps: float


def _iou(pair: _Pair) -> torch.Tensor:
    return 1 - pair.iou


def _giou(pair: _Pair) -> torch.Tensor:
    hull_area = pair.hull[0] * pair.hull[1]
    return 1 - pair.iou + (1 - pair.union / hull_area).clamp_min(0)


def _diou(pair: _Pair) -> torch.Tensor:
    return 1 - pair.iou + pair.d.square().sum(0) / pair.hull.square().sum(0)


def _ciou(pair: _Pair) -> torch.Tensor:
    width, height = continue_size(pair.s, pair.t, pair.eps).unbind(0)
    angle = torch.atan2(pair.t[0], pair.t[1]) - torch.atan2(width, height)
    v = (4 / math.pi**2) * angle.square()
    # The paper holds alpha constant; at equal boxes it would be 0/0, where v is 0 and any bounded alpha will do.
    alpha = (v / (1 - pair.iou + v).clamp_min(1e-7)).detach()
    return _diou(pair) + alpha * v


def _eiou(pair: _Pair) -> torch.Tensor:
    shape = ((pair.s - pair.t) / pair.hull).square().sum(0)
    return _diou(pair) + shape


def _overlap_loss(
    formula: Callable[[_Pair], torch.Tensor],
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str,
    reduction: str = "none",
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    pred, target, eps = prepare(pred, target, box_format)
    d, s, t = measure(pred, target, box_format, eps)  # [2, ...] each, and all below until the areas
    s = clamp_passing_gradient(s, eps)
    middle, distance = (s + t) / 2, d.abs()
    side = torch.minimum(torch.minimum(s, t), middle - distance).clamp_min(0)
    hull = torch.maximum(torch.maximum(s, t), middle + distance)
    intersection = side[0] * side[1]  # [...]
    union = s[0] * s[1] + t[0] * t[1] - intersection
    # Rounding can put the loss a hair below zero.
    loss = formula(_Pair(d, s, t, hull, union, intersection / union, eps)).clamp_min(0)
    return reduce_loss(loss, reduction, weights)


def iou_loss(
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str = "xyxy",
    reduction: str = "none",
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """IoU loss `1 - IoU`, in [0, 1]. Its gradient is zero where the boxes do not meet.

    Source: Yu et al., "UnitBox: An Advanced Object Detection Network", arXiv 1608.01471, in the linear form `1 - IoU`
    (the paper writes `-ln IoU`, which is infinite for disjoint boxes).

    Args:
        pred: boxes `(..., 4)` of any unit.
        target: boxes `(..., 4)`; the shapes broadcast.
        box_format: format of both, one of `siou_tracking.boxes.FORMATS`.
        reduction: "none" gives `(...)`, "mean" and "sum" a scalar; see `reduce_loss`.
        weights: `(...)`, a weight for each box.

    Returns:
        float64 for float64 boxes, else float32.

    Raises:
        InputError: unknown format or reduction, shapes that do not fit.
    """
    return _overlap_loss(_iou, pred, target, box_format, reduction, weights)


def giou_loss(
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str = "xyxy",
    reduction: str = "none",
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Generalized IoU loss, in [0, 2]: `1 - IoU` plus the share of the hull that neither box covers.

    Source: Rezatofighi et al., arXiv 1902.09630, algorithm 1. Arguments as in `iou_loss`.
    """
    return _overlap_loss(_giou, pred, target, box_format, reduction, weights)


def diou_loss(
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str = "xyxy",
    reduction: str = "none",
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Distance IoU loss, in [0, 2): `1 - IoU` plus the squared center distance over the hull's squared diagonal.

    Source: Zheng et al., arXiv 1911.08287, equation 7. Arguments as in `iou_loss`.
    """
    return _overlap_loss(_diou, pred, target, box_format, reduction, weights)


def ciou_loss(
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str = "xyxy",
    reduction: str = "none",
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Complete IoU loss, in [0, 3): DIoU plus `alpha v`, v the squared difference of the aspect angles times 4/pi^2.

    Source: Zheng et al., arXiv 1911.08287, equations 8-11; alpha = v / (1 - IoU + v) is held constant in the gradient
    as there, while the gradient of v is the true one, without the paper's replacement of 1/(w^2 + h^2) by 1. So it is
    not the derivative of the value. Below a hundredth of the target's size the aspect is that of sizes bent by
    `continue_size`: the gradient of the true one has no bound there. Arguments as in `iou_loss`.
    """
    return _overlap_loss(_ciou, pred, target, box_format, reduction, weights)


def eiou_loss(
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str = "xyxy",
    reduction: str = "none",
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Efficient IoU loss, in [0, 4): DIoU plus the squared size differences over the hull's squared sides.

    Source: Zhang et al., "Focal and Efficient IOU Loss", arXiv 2101.08158, the EIoU loss without the focal weight.
    Arguments as in `iou_loss`.
    """
    return _overlap_loss(_eiou, pred, target, box_format, reduction, weights)


class OverlapLoss(BoxLoss):
    """One of the functions of this file as a module, called as `loss(pred, target, weights=None)`.

    Args:
        function: `iou_loss`, `giou_loss`, `diou_loss`, `ciou_loss` or `eiou_loss`.
        box_format: format of both boxes, one of `siou_tracking.boxes.FORMATS`.
        reduction: "none", "mean" or "sum".

    Raises:
        InputError: unknown format or reduction.
    """

    def __init__(
        self, function: Callable[..., torch.Tensor], box_format: str = "xyxy", reduction: str = "mean"
    ) -> None:
        super().__init__(box_format, reduction)
        self.function = function

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        return self.function(pred, target, self.box_format)

    def extra_repr(self) -> str:
        return f"{self.function.__name__}, {super().extra_repr()}"
