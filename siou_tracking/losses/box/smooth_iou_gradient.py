"""The Smooth-IoU loss with its analytic gradient in one pass: the fast path of `siou_tracking.losses.box.smooth_iou`.

Autograd over the plain formula keeps and revisits a dozen intermediates. Here the forward pass computes the loss and,
where it will be asked for, the derivative by every number of the boxes; the backward pass only scales that. On a CPU
it goes through the boxes in blocks whose intermediates stay in the cache. In the symbols of smooth_iou.py, with
g = lambda / (1 + lambda D) = dL/dD:

    bhattacharyya   dD/dd = 2 d q                  q = 1 / (s^2 + t^2)
                    dD/ds =  (s^2 - t^2) q / (2 s) - 2 s (d q)^2
                    dD/dt = -(s^2 - t^2) q / (2 t) - 2 t (d q)^2
    kl              dD/dd = 4 d / s^2
                    dD/ds = (1 - (t^2 + 4 d^2) / s^2) / s
                    dD/dt = t / s^2 - 1 / t
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any  # ctx: torch declares no type with the attributes its context has

import torch

from siou_tracking.losses.box.base import EDGE_SHARE, LEAST_SIZE, SIZE_SHARE

# Boxes in a block, for each thread: two axes of them are the least that torch gives a thread of its own.
_BLOCK = 16384

# Box format, sharpness, divergence, eps.
Arguments = tuple[str, float, str, float]

# Derivatives `(n, 4)` by the numbers of predictions and of targets, None where not wanted.
Slopes = list[torch.Tensor | None]

# Derivatives `(2, n)` by center offset, prediction size and target size, those not wanted left out.
Partials = tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]


class FusedSmoothIoU(torch.autograd.Function):
    """Loss `(...)` of boxes `(..., 4)`; a second derivative is taken through the plain formula it is given."""

    @staticmethod
    def forward(
        ctx: Any,
        pred: torch.Tensor,
        target: torch.Tensor,
        box_format: str,
        sharpness: float,
        divergence: str,
        eps: float,
        formula: Callable[..., torch.Tensor],
    ) -> torch.Tensor:
        ctx.save_for_backward(pred, target)
        ctx.arguments = (box_format, sharpness, divergence, eps)
        ctx.formula = formula
        # Not by save_for_backward, whose tensors must not change: the backward pass turns these into the gradients.
        loss, ctx.slopes = _compute_slopes(pred, target, ctx.arguments, ctx.needs_input_grad[:2])
        return loss

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        pred, target = ctx.saved_tensors
        if torch.is_grad_enabled():
            grads = _differentiate_formula(ctx, pred, target, grad)
        else:
            # The slopes become the gradients in place, so they serve once; a repeated pass computes them again.
            slopes, ctx.slopes = ctx.slopes, None
            if slopes is None:
                slopes = _compute_slopes(pred, target, ctx.arguments, ctx.needs_input_grad[:2])[1]
            grads = [None if slope is None else _scale_rows_(slope, grad).view(pred.shape) for slope in slopes]
        return (*grads, None, None, None, None, None)


def _compute_slopes(
    pred: torch.Tensor, target: torch.Tensor, arguments: Arguments, wanted: tuple[bool, bool]
) -> tuple[torch.Tensor, Slopes]:
    """Losses `(...)` and, where wanted, their derivatives `(n, 4)` by the numbers of each box."""
    box_format, sharpness, divergence, eps = arguments
    kernel = _kl_slopes if divergence == "kl" else _bhattacharyya_slopes
    p, q = pred.reshape(-1, 4), target.reshape(-1, 4)  # [n, 4]
    loss = p.new_empty(len(p))
    slopes: Slopes = [p.new_empty(p.shape) if want else None for want in wanted]
    for pb, qb, lb, slope_blocks in _split_blocks(p, q, loss, slopes):
        d, s, t = _measure_fresh(pb, qb, box_format, eps)
        bend = _continue_size_(s, t, eps)
        center, *sizes = kernel(d, s, t, sharpness, wanted if bend is None else (any(wanted), wanted[1]), lb)
        if bend is not None and sizes[0] is not None:
            sizes = _pass_through_bend(sizes[0], sizes[1], bend, t * SIZE_SHARE >= eps / 10)
        for slope, size, sign in zip(slope_blocks, sizes, (1, -1), strict=True):
            if slope is not None and size is not None:
                # Offsets are prediction minus target, so the target's edges move them the other way.
                _write_slope(slope, center if sign > 0 else -center, size, box_format)
    return loss.view(pred.shape[:-1]), slopes


def _split_blocks(
    p: torch.Tensor, q: torch.Tensor, loss: torch.Tensor, slopes: Slopes
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, Slopes]]:
    """The same rows of every tensor, block by block; everything at once where there is no cache to fit."""
    count, size = len(p), _BLOCK * torch.get_num_threads()
    if count <= size or p.device.type != "cpu":
        yield p, q, loss, slopes
        return
    for start in range(0, count, size):
        rows = slice(start, start + size)
        yield p[rows], q[rows], loss[rows], [None if slope is None else slope[rows] for slope in slopes]


def _measure_fresh(
    pred: torch.Tensor, target: torch.Tensor, box_format: str, eps: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`siou_tracking.losses.box.base.measure` of `(n, 4)` boxes into fresh contiguous `(2, n)`, free to overwrite."""
    p, q = pred.t(), target.t()  # [4, n]
    d, s, t = p.new_empty((3, 2, len(pred))).unbind(0)  # one allocation for the three [2, n]
    edge = slice(2, 4) if box_format == "ltrb" else slice(0, 2)
    torch.sub(p[edge], q[edge], out=d)
    for boxes, size in ((p, s), (q, t)):
        if box_format == "xyxy":
            torch.sub(boxes[2:], boxes[:2], out=size)
        elif box_format == "ltrb":
            torch.add(boxes[2:], boxes[:2], out=size)
        else:
            size.copy_(boxes[2:])
    share = EDGE_SHARE[box_format]
    if share:
        d.add_(s, alpha=share).sub_(t, alpha=share)
    return d, s, t.clamp_min_(eps)


def _continue_size_(s: torch.Tensor, t: torch.Tensor, eps: float) -> torch.Tensor | None:
    """`siou_tracking.losses.box.base.continue_size` in place: each size over its floor where it bends, 1 elsewhere.

    None where no size bends, as far as a CPU can see at once; another device is not made to wait for the answer.
    """
    if _may_look(s) and torch.sub(s, t, alpha=SIZE_SHARE).amin() >= eps / 10:
        return None
    floor = (t * SIZE_SHARE).clamp_min_(eps / 10)
    low = s < floor
    bend = (2 - torch.minimum(s, floor) / floor).reciprocal_()
    s.copy_(torch.where(low, (floor * bend).clamp_min_(LEAST_SIZE), s))
    return torch.where(low, bend, 1)


def _may_look(values: torch.Tensor) -> bool:
    """Whether there are values that can be read without waiting for a device."""
    return values.device.type == "cpu" and values.numel() > 0


def _pass_through_bend(
    size: torch.Tensor, target_size: torch.Tensor | None, bend: torch.Tensor, moves: torch.Tensor
) -> Slopes:
    """Derivatives `(2, n)` by the sizes as they came from those by the continued size and by the target's.

    `moves` is where the floor moves with the target's size.
    """
    if target_size is not None:
        target_size = target_size + size * bend * (1 - bend) * (2 * SIZE_SHARE) * moves
    return [size * bend.square(), target_size]


def _bhattacharyya_slopes(
    d: torch.Tensor,
    s: torch.Tensor,
    t: torch.Tensor,
    sharpness: float,
    wanted: tuple[bool, bool],
    loss: torch.Tensor,
) -> Partials:
    q = (s * s).addcmul_(t, t).reciprocal_()
    a = d * q
    gap = s - t
    # Both axes under one logarithm: ln(1 + u) + ln(1 + v) = ln(1 + u + v + u v), with u / 2 = (s - t)^2 / (2 s t).
    u, v = (gap * gap).div_(s * t).unbind(0)
    x, y = d.mul_(a).unbind(0)
    twice = (u + v).addcmul_(u, v, value=0.5).mul_(0.5).log1p_().add_(x, alpha=2).add_(y, alpha=2)
    torch.mul(twice, sharpness / 2, out=loss).log1p_()
    if not any(wanted):
        return a, None, None
    # g / 2 = 1 / (2 / lambda + 2 D)
    gain = twice.add_(2 / sharpness).reciprocal_()
    # Scaling before squaring keeps (d q)^2 inside float32 where both boxes are tiny and far apart.
    center = (a * gain).mul_(4)
    push = a.mul_(center)
    pull = gap.mul_(q).mul_(torch.add(s, t, out=q)).mul_(gain)
    size = (pull / s).addcmul_(s, push, value=-1) if wanted[0] else None
    target_size = pull.div_(t).addcmul_(t, push).neg_() if wanted[1] else None
    return center, size, target_size


def _kl_slopes(
    d: torch.Tensor,
    s: torch.Tensor,
    t: torch.Tensor,
    sharpness: float,
    wanted: tuple[bool, bool],
    loss: torch.Tensor,
) -> Partials:
    inverse = s.reciprocal()
    offset = d.mul_(inverse)
    u = (t - s).mul_(inverse)
    # Next to u = -1 log1p would lose what the quotient still holds.
    log_ratio = torch.where(u < -0.5, (t * inverse).log_(), torch.log1p(u))
    terms = (u - log_ratio).addcmul_(u, u, value=0.5).addcmul_(offset, offset, value=2)
    distance = (terms[0] + terms[1]).clamp_min_(0)
    torch.mul(distance, sharpness, out=loss).log1p_()
    if not any(wanted):
        return offset, None, None
    gain = distance.add_(1 / sharpness).reciprocal_()
    center = (offset * inverse).mul_(gain).mul_(4)
    # 1 - (t^2 + 4 d^2) / s^2 = -u (2 + u) - 4 (d / s)^2, which does not cancel where s is near t.
    pull = (u + 2).mul_(u)
    size = pull.addcmul(offset, offset, value=4).mul_(gain).mul_(inverse).neg_() if wanted[0] else None
    target_size = pull.div_(t).mul_(gain) if wanted[1] else None
    return center, size, target_size


def _write_slope(slope: torch.Tensor, edge: torch.Tensor, size: torch.Tensor, box_format: str) -> None:
    """Derivatives `(n, 4)` by the numbers of a format from those `(2, n)` by edge and size; overwrites size."""
    share = EDGE_SHARE[box_format]
    if share:
        size.add_(edge, alpha=share)
    columns = slope.unbind(-1)
    for near, far, e, z in zip(columns[:2], columns[2:], edge.unbind(0), size.unbind(0), strict=True):
        if box_format == "xyxy":
            torch.sub(e, z, out=near)
            far.copy_(z)
        elif box_format == "ltrb":
            near.copy_(z)
            torch.add(e, z, out=far)
        else:
            near.copy_(e)
            far.copy_(z)


def _scale_rows_(slope: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    """Multiply the rows of `slope` `(n, 4)` by `grad` `(...)` of n entries, in place."""
    if grad.numel() and not any(grad.stride()):
        # The gradient of a sum or mean is one number seen n times.
        return slope.mul_(grad.as_strided((), ()))
    factor = grad.reshape(-1)
    for column in slope.unbind(-1):
        column.mul_(factor)
    return slope


def _differentiate_formula(ctx: Any, pred: torch.Tensor, target: torch.Tensor, grad: torch.Tensor) -> Slopes:
    wanted = ctx.needs_input_grad[:2]
    inputs = [boxes for boxes, want in zip((pred, target), wanted, strict=True) if want]
    loss = ctx.formula(pred, target, *ctx.arguments)
    found = iter(torch.autograd.grad(loss, inputs, grad, create_graph=True))
    return [next(found) if want else None for want in wanted]
