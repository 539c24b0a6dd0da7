r"""Smooth-IoU: a similarity of boxes that is smooth everywhere and has one optimum, and the loss made of it.

Not the angle-cost "SIoU" of SCYLLA-IoU (arXiv 2205.12740), which detection toolkits call by that name.

Source: Li Gong, Zhao Wei, Liu Peng, Tang Xiang-Long, "Smooth-IoU Loss for Bounding Box Regression in Visual Tracking",
Acta Automatica Sinica 49(2):288-306, 2023, doi 10.16383/j.aas.c210525. Reconstructed from the properties its abstract
claims (a divergence of two distributions, globally smooth, one extremum which is an IoU optimum); the paper's own
equations were not available, so no number made with this file is the paper's.

A box with center (x, y) and size (w, h) is read as the axis-aligned Gaussian with that mean and standard deviations
(w/2, h/2). With center offset d, prediction size s and target size t on each axis k:

    bhattacharyya   D = sum_k  d^2 / (s^2 + t^2) + 1/2 ln((s^2 + t^2) / (2 s t))        symmetric in the two boxes
    kl              D = sum_k  1/2 ((t^2 + 4 d^2) / s^2 - 1 + ln(s^2 / t^2))            KL(target || prediction)

    similarity      S = 1 / (1 + lambda D)          in (0, 1], 1 exactly for equal boxes
    loss            L = -ln S = ln(1 + lambda D)    in [0, inf)

The sharpness lambda is the curvature at the optimum: the Hessian there is lambda diag(1/tx^2, 1/ty^2, 1/(2 tx^2),
1/(2 ty^2)) in (x, y, w, h). 256 suits regression; 32 suits the score that an IoU-prediction head learns (S is about
0.75 where IoU is about 0.75); 4 suits a density made of S, whose width is held and whose tails 32 would fatten
(`siou_tracking.retrain.density_target`). Chosen by experiments/sharpness.

The formulas hold from c = 1/100 of the target's size upwards. Below, down to zero and through negative sizes, the size
s counts as c t / (2 - s / (c t)): value and slope are continuous, descent grows the box from anywhere, and no gradient
is steeper than, by size and offset of an axis times the target's size there,

    bhattacharyya   by size (2 + sqrt(lambda) / 2) / c, at sharpness 256 in fact 25.6    by offset sqrt(lambda)
    kl              by size (2 + sqrt(lambda)) / c, at sharpness 256 in fact 201         by offset 2 + sqrt(2 lambda)

The bounds on the slope by log-size behind these, 2 + sqrt(lambda) / 2 and 2 + sqrt(lambda), hold for every size; the
symmetry of the first divergence holds while neither box is below a hundredth of the other.

Half precision and target sizes below eps: see `siou_tracking.losses.box.base`. NaN or infinity in gives NaN out for
that box, without a look at the values, so that no training step waits for the device; `siou_tracking.boxes.check_boxes`
is the check with a name for the places where data come in. In float32 the ratio of a coordinate to a size may reach
1e18.
"""

from __future__ import annotations

import math
from numbers import Real

import torch

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.losses.box.base import BoxLoss, continue_size, measure, prepare, reduce_loss
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.smooth_iou_gradient import FusedSmoothIoU

DIVERGENCES = ("bhattacharyya", "kl")
SHARPNESS = 256.0
SCORE_SHARPNESS = 32.0
DENSITY_SHARPNESS = 4.0


def smooth_iou_loss(
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str = "xyxy",
    sharpness: float = SHARPNESS,
    divergence: str = "bhattacharyya",
    reduction: str = "none",
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Smooth-IoU loss `ln(1 + sharpness * D)`, in [0, inf), 0 exactly for equal boxes; twice differentiable.

    Args:
        pred: boxes `(..., 4)` of any unit.
        target: boxes `(..., 4)`; the shapes broadcast.
        box_format: format of both, one of `siou_tracking.boxes.FORMATS`.
        sharpness: lambda > 0; large is precise near the target, small tolerates large steps.
        divergence: "bhattacharyya" or "kl".
        reduction: "none" gives `(...)`, "mean" and "sum" a scalar; see `reduce_loss`.
        weights: `(...)`, a weight for each box.

    Returns:
        float64 for float64 boxes, else float32 (also for half precision and under autocast).

    Raises:
        InputError: unknown format, divergence or reduction, sharpness not positive, shapes that do not fit.
    """
    check_parameters(sharpness, divergence)
    pred, target, eps = prepare(pred, target, box_format)
    loss = _compute_loss(pred, target, box_format, float(sharpness), divergence, eps)
    return reduce_loss(loss, reduction, weights)


def smooth_iou(
    pred: torch.Tensor,
    target: torch.Tensor,
    box_format: str = "xyxy",
    sharpness: float = SCORE_SHARPNESS,
    divergence: str = "bhattacharyya",
) -> torch.Tensor:
    """Smooth-IoU similarity `1 / (1 + sharpness * D)`, `(...)` in (0, 1], 1 exactly for equal boxes.

    It is `exp(-smooth_iou_loss(...))` of the same arguments, which it takes, returns and raises likewise; its sharpness
    is by default that of a score.
    """
    return torch.exp(-smooth_iou_loss(pred, target, box_format, sharpness, divergence))


class SmoothIoULoss(BoxLoss):
    """`smooth_iou_loss` as a module, called as `loss(pred, target, weights=None)` on boxes `(..., 4)`.

    Args:
        box_format: format of both, one of `siou_tracking.boxes.FORMATS`.
        sharpness: lambda > 0.
        divergence: "bhattacharyya" or "kl".
        reduction: "none", "mean" or "sum".

    Raises:
        InputError: unknown format, divergence or reduction, sharpness not positive.
    """

    def __init__(
        self,
        box_format: str = "xyxy",
        sharpness: float = SHARPNESS,
        divergence: str = "bhattacharyya",
        reduction: str = "mean",
    ) -> None:
        super().__init__(box_format, reduction)
        check_parameters(sharpness, divergence)
        self.sharpness = float(sharpness)
        self.divergence = divergence

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        return smooth_iou_loss(pred, target, self.box_format, self.sharpness, self.divergence)

    def similarity(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """`smooth_iou` `(...)` of each pair of boxes `(..., 4)`, at this loss's sharpness."""
        return smooth_iou(pred, target, self.box_format, self.sharpness, self.divergence)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, sharpness={self.sharpness:g}, divergence={self.divergence!r}"


def check_parameters(sharpness: float, divergence: str) -> None:
    """Raise an `InputError` unless sharpness is a finite number above zero and the divergence is a known one."""
    is_number = isinstance(sharpness, Real) and not isinstance(sharpness, bool)
    if not is_number or not 0 < sharpness < math.inf:
        raise InputError(f"smooth_iou: sharpness: got {sharpness!r}, allowed is a finite number above 0")
    if divergence not in DIVERGENCES:
        raise unknown_name("divergence", divergence, DIVERGENCES)


def smooth_iou_formula(
    pred: torch.Tensor, target: torch.Tensor, box_format: str, sharpness: float, divergence: str, eps: float
) -> torch.Tensor:
    """The loss in plain differentiable operations: what compilers fuse, and where second derivatives come from."""
    d, s, t = measure(pred, target, box_format, eps)  # [2, ...] each
    s = continue_size(s, t, eps)
    if divergence == "kl":
        # With u = t/s - 1 the size term is u^2 / 2 + u - log1p(u), which does not cancel where s is near t; where u is
        # next to -1, log1p takes the other quotient. The clamps keep the branch not taken finite.
        u = (t - s) / s
        shrink, grow = torch.log1p((s - t).clamp_min(0) / t), torch.log1p((t - s).clamp_min(0) / s)
        terms = 2 * (d / s).square() + 0.5 * u.square() + (u - torch.where(s > t, -shrink, grow))
        # The last bracket rounds to as little as -1e-15 where it should be zero.
        distance = terms.sum(0).clamp_min(0)
    else:
        # (s^2 + t^2) / (2 s t) = 1 + u with u = (s - t)^2 / (2 s t); both axes share a logarithm, which costs most.
        u, v = ((s - t).square() / (2 * s * t)).unbind(0)  # [...] each
        distance = (d.square() / (s.square() + t.square())).sum(0) + 0.5 * torch.log1p(u + v + u * v)
    return torch.log1p(sharpness * distance)


def _compute_loss(
    pred: torch.Tensor, target: torch.Tensor, box_format: str, sharpness: float, divergence: str, eps: float
) -> torch.Tensor:
    # A compiler fuses the formula better than a function it cannot see into. torch.func transforms (vmap, jacrev) need
    # the formula as well: a Function without setup_context raises inside them. torch has no public way to ask whether
    # one is active; torch.autograd.Function.apply itself asks this private one.
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return smooth_iou_formula(pred, target, box_format, sharpness, divergence, eps)
    arguments = (box_format, sharpness, divergence, eps, smooth_iou_formula)
    loss: torch.Tensor = FusedSmoothIoU.apply(pred, target, *arguments)  # type: ignore[no-untyped-call]  # torch's
    return loss


ENTRY = LossEntry(
    name="smooth_iou",
    aliases=("siou",),
    family="gaussian",
    description="smooth, flat at its optimum only",
    source="10.16383/j.aas.c210525",
    loss=SmoothIoULoss,
    score_params={"sharpness": SCORE_SHARPNESS},
    density_params={"sharpness": DENSITY_SHARPNESS},
    steepest=(11.4, 25.6),
)
