"""What all box losses share: checks on the way in, two boxes measured per axis, weights and reduction on the way out.

Every registered loss is a function of three numbers per axis: the center offset `d` (prediction minus target), the
prediction's size `s` and the target's size `t`. `measure` takes them from any box format without going through
corners, so the losses are exact far from the origin and agree between formats.

Degenerate boxes: a target's size, and for the overlap losses a prediction's, counts as eps where it is below (zero,
negative, reversed corners), while its gradient passes through as if it had not been clamped. So the value is finite,
and descent still pushes the size up instead of finding a flat spot. eps is 1e-7 in the unit of the boxes, 1e-3 for
float16 input, whose gradients would not fit in float16 otherwise.

A logarithm or a ratio of sizes has no bound on its gradient as a predicted size goes to zero, and a corner head does
predict such boxes while it learns. `continue_size` bends the size before: below c = `SIZE_SHARE` of the target's size
the reciprocal goes on along its tangent, 1 / s -> (2 - s / (c t)) / (c t), which stays positive, for a negative size
too. Value and slope are continuous, the scale does not matter, and a box with sizes above the share is as it was.
"""

from __future__ import annotations

import math
from numbers import Real

import torch
from torch import nn

from siou_tracking.boxes import check_format
from siou_tracking.errors import InputError, unknown_name

REDUCTIONS = ("none", "mean", "sum")

# One side of a box is its near edge plus a share of its size: center = edge + share * size.
EDGE_SHARE = {"xyxy": 0.5, "xywh": 0.5, "cxcywh": 0.0, "ltrb": -0.5}


# A predicted size below this share of the target's is continued; a hundredth is far below any box worth having.
SIZE_SHARE = 0.01
# Squares of offsets over this size stay inside float32; only sizes millions of targets below zero come so low.
LEAST_SIZE = 1e-12


def prepare(pred: torch.Tensor, target: torch.Tensor, box_format: str) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Both boxes in one floating dtype of at least 32 bits with one shape, and the smallest size that counts.

    Raises:
        InputError: not tensors, unknown format, last dimension not 4, or shapes that do not broadcast.
    """
    check_format(box_format)
    for name, boxes in (("pred", pred), ("target", target)):
        if not isinstance(boxes, torch.Tensor):
            raise InputError(f"box loss: {name}: got {type(boxes).__name__}, allowed is a torch.Tensor (..., 4)")
        if boxes.ndim == 0 or boxes.shape[-1] != 4:
            raise InputError(f"box loss: {name}: got shape {tuple(boxes.shape)}, allowed is (..., 4)")
    if pred.shape != target.shape:
        try:
            pred, target = torch.broadcast_tensors(pred, target)  # type: ignore[no-untyped-call]  # torch has no types
        except RuntimeError:
            shapes = f"{tuple(pred.shape)} and {tuple(target.shape)}"
            raise InputError(
                f"box loss: pred and target: got shapes {shapes}, allowed are ones that broadcast"
            ) from None
    eps = 1e-3 if torch.float16 in (pred.dtype, target.dtype) else 1e-7
    dtype = torch.promote_types(torch.promote_types(pred.dtype, target.dtype), torch.float32)
    return pred.to(dtype), target.to(dtype), eps


def measure(
    pred: torch.Tensor, target: torch.Tensor, box_format: str, eps: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Center offset `d`, prediction size `s` and target size `t` of boxes `(..., 4)`, each `(2, ...)` for x and y.

    Plain differentiable operations on what `prepare` returns. The target's size is at least eps, with the gradient
    passed through; the prediction's is as it comes, for `clamp_passing_gradient` or `continue_size`.
    """
    p, q = pred.movedim(-1, 0), target.movedim(-1, 0)  # [4, ...]
    if box_format == "ltrb":
        d, s, t = p[2:] - q[2:], p[2:] + p[:2], q[2:] + q[:2]
    elif box_format == "xyxy":
        d, s, t = p[:2] - q[:2], p[2:] - p[:2], q[2:] - q[:2]
    else:
        d, s, t = p[:2] - q[:2], p[2:], q[2:]
    share = EDGE_SHARE[box_format]
    return d + share * (s - t) if share else d, s, clamp_passing_gradient(t, eps)


def continue_size(s: torch.Tensor, t: torch.Tensor, eps: float) -> torch.Tensor:
    """Predicted sizes `(...)`, positive whatever they were, given target sizes `(...)` of at least eps.

    A size of at least c t, c = `SIZE_SHARE`, stays to the bit; one below becomes `c t / (2 - s / (c t))`. Slope by s is
    in (0, 1], by t in [0, c / 2]. c t counts as no less than eps / 10, so that half precision holds the gradients of a
    target without size, and the result as no less than `LEAST_SIZE`.
    """
    floor = (SIZE_SHARE * t).clamp_min(eps / 10)
    below = (s - floor).clamp_max(0)  # of all ways to write this the one that compiles to vector code
    bent = (floor * floor / (floor - below)).clamp_min(LEAST_SIZE)
    return torch.where(below < 0, bent, s)


def clamp_passing_gradient(size: torch.Tensor, eps: float) -> torch.Tensor:
    """Sizes `(...)` of at least eps, with the gradient of sizes that were not clamped."""
    # `size - size.detach()` is zero with gradient one (and NaN for NaN), whatever the magnitude of a negative size.
    return torch.where(size > eps, size, eps + (size - size.detach()))


def reduce_loss(loss: torch.Tensor, reduction: str, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Apply weights and a reduction to element-wise losses.

    Args:
        loss: `(...)`.
        reduction: "none" keeps `(...)`, "sum" adds, "mean" is `sum(weights * loss) / sum(weights)`, or the plain mean
            without weights. With nothing to average (an empty batch, all weights zero) the mean is 0 and has a graph.
        weights: `(...)` as the loss, bool or number, not negative.

    Raises:
        InputError: unknown reduction, or weights of another shape.
    """
    if reduction not in REDUCTIONS:
        raise unknown_name("reduction", reduction, REDUCTIONS)
    if weights is not None:
        if weights.shape != loss.shape:
            got = tuple(weights.shape)
            raise InputError(f"box loss: weights: got shape {got}, allowed is the boxes' {tuple(loss.shape)}")
        weights = weights.to(loss.dtype)
        loss = loss * weights
    if reduction == "none":
        return loss
    if reduction == "mean" and weights is None and loss.numel():
        return loss.mean()
    total = loss.sum()
    if reduction == "sum" or weights is None:
        return total
    weight = weights.sum()
    return total / torch.where(weight == 0, 1, weight)


def check_number(loss: str, name: str, value: object, least: float = 0, most: float = math.inf) -> float:
    """A loss's parameter as a number.

    Args:
        loss, name: of the loss and of its parameter, for the message.
        value: what was given.
        least: the smallest number allowed; 0 itself is not.
        most: the largest.

    Raises:
        InputError: not a number, not finite, or beyond the limits.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    number = float(value) if is_number else math.nan  # type: ignore[arg-type]  # it is Real here
    if not (least <= number <= most and 0 < number < math.inf):
        limits = f"a finite number {f'from {least:g} up' if least else 'above 0'}"
        if most < math.inf:
            limits += f", {most:g} at most"
        raise InputError(f"{loss}: {name}: got {value!r}, allowed is {limits}")
    return number


class BoxLoss(nn.Module):
    """A box loss as a module: subclasses say what one pair of boxes costs, this class checks, weights and reduces.

    Args:
        box_format: format of prediction and target, one of `siou_tracking.boxes.FORMATS`.
        reduction: "none", "mean" or "sum"; see `reduce_loss`.

    Raises:
        InputError: unknown format or reduction.
    """

    most = math.inf
    """The loss that has similarity 0; infinite for a loss that takes the exponential of its negative."""

    def __init__(self, box_format: str = "xyxy", reduction: str = "mean") -> None:
        super().__init__()
        self.box_format = check_format(box_format)
        if reduction not in REDUCTIONS:
            raise unknown_name("reduction", reduction, REDUCTIONS)
        self.reduction = reduction

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        raise NotImplementedError

    def similarity(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Similarity `(...)` of each pair of boxes `(..., 4)`: in [0, 1], 1 for equal boxes, less for a larger loss."""
        loss = self.elementwise(pred, target)
        return torch.exp(-loss) if self.most == math.inf else (1 - loss / self.most).clamp_min(0)

    def forward(self, pred: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        """Loss of predictions `(..., 4)` against targets of the same shape.

        Returns:
            A scalar, or `(...)` with reduction "none"; float64 for float64 boxes, else float32.

        Raises:
            InputError: last dimension not 4, shapes that do not broadcast, or weights not of shape `(...)`.
        """
        return reduce_loss(self.elementwise(pred, target), self.reduction, weights)

    def extra_repr(self) -> str:
        return f"box_format={self.box_format!r}, reduction={self.reduction!r}"
