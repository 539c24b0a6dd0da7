"""The Smooth-IoU loss with its analytic gradient in one pass: the fast path of `siou_tracking.losses.smooth_iou`.

Autograd over the plain formula keeps and revisits a dozen intermediates. Here the forward pass computes, per axis and
in place, the loss and the partial derivatives together, and the backward pass only scales them. In the symbols of
smooth_iou.py, with g = lambda / (1 + lambda D) = dL/dD:

    bhattacharyya   dD/dd = 2 d q                  q = 1 / (s^2 + t^2)
                    dD/ds =  (s^2 - t^2) q / (2 s) - 2 s (d q)^2
                    dD/dt = -(s^2 - t^2) q / (2 t) - 2 t (d q)^2
    kl              dD/dd = 4 d / s^2
                    dD/ds = (1 - (t^2 + 4 d^2) / s^2) / s
                    dD/dt = t / s^2 - 1 / t
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from siou_tracking.losses.base import EDGE_SHARE

Partials = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None, torch.Tensor | None]


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
        d, s, t = _measure(pred, target, box_format, eps)
        wanted = ctx.needs_input_grad[0], ctx.needs_input_grad[1]
        kernel = _kl if divergence == "kl" else _bhattacharyya
        loss, centre, size, target_size = kernel(d, s, t, sharpness, wanted)
        kept = _to_columns(centre, size, box_format, 1) if wanted[0] else ()
        kept += _to_columns(centre, target_size, box_format, -1) if wanted[1] else ()
        ctx.save_for_backward(pred, target, *kept)
        ctx.arguments = (box_format, sharpness, divergence, eps)
        ctx.formula = formula
        return loss

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        pred, target, *kept = ctx.saved_tensors
        if torch.is_grad_enabled():
            grads = _differentiable_gradients(ctx, pred, target, grad)
        else:
            columns = (kept[:4], kept[-4:])
            grads = [_scale(columns[i], grad, pred) if ctx.needs_input_grad[i] else None for i in range(2)]
        return (*grads, None, None, None, None, None)


def _measure(
    pred: torch.Tensor, target: torch.Tensor, box_format: str, eps: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`siou_tracking.losses.base.measure` into fresh contiguous tensors that the kernels may overwrite."""
    p, q = pred.movedim(-1, 0), target.movedim(-1, 0)
    near, far = (slice(2, 4), slice(0, 2)) if box_format == "ltrb" else (slice(0, 2), slice(2, 4))
    d, s, t = p.new_empty((3, 2, *pred.shape[:-1]))
    torch.sub(p[near], q[near], out=d)
    for boxes, size in ((p, s), (q, t)):
        if box_format == "xyxy":
            torch.sub(boxes[2:], boxes[:2], out=size)
        elif box_format == "ltrb":
            torch.add(boxes[2:], boxes[:2], out=size)
        else:
            size.copy_(boxes[far])
    share = EDGE_SHARE[box_format]
    if share:
        d.add_(s, alpha=share).sub_(t, alpha=share)
    return d, s.clamp_min_(eps), t.clamp_min_(eps)


def _bhattacharyya(
    d: torch.Tensor, s: torch.Tensor, t: torch.Tensor, sharpness: float, wanted: tuple[bool, bool]
) -> Partials:
    q = (s * s).addcmul_(t, t).reciprocal_()
    gap = s - t
    a = d * q
    # Both axes under one logarithm: ln(1 + u) + ln(1 + v) = ln(1 + u + v + u v).
    u, v = (gap * gap).div_(s * t).mul_(0.5)
    distance = (u + v).addcmul_(u, v).log1p_().mul_(0.5)
    x, y = d.mul_(a)
    scaled = distance.add_(x).add_(y).mul_(sharpness)
    loss = torch.log1p(scaled)
    if not any(wanted):
        return loss, a, None, None
    gain = scaled.add_(1).reciprocal_().mul_(sharpness)
    # Scaling before squaring keeps (d q)^2 inside float32 where both boxes are tiny and far apart.
    centre = (a * gain).mul_(2)
    push = a.mul_(centre)
    pull = gap.mul_(q).mul_(q.copy_(s).add_(t)).mul_(gain).mul_(0.5)
    size = (pull / s).addcmul_(s, push, value=-1) if wanted[0] else None
    target_size = pull.div_(t).addcmul_(t, push).neg_() if wanted[1] else None
    return loss, centre, size, target_size


def _kl(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor, sharpness: float, wanted: tuple[bool, bool]) -> Partials:
    inverse = s.reciprocal()
    offset = d.mul_(inverse)
    u = (t - s).mul_(inverse)
    terms = (offset * offset).mul_(2).addcmul_(u, u, value=0.5).add_(u).sub_(torch.log1p(u))
    scaled = terms.sum(0).clamp_min_(0).mul_(sharpness)
    loss = torch.log1p(scaled)
    if not any(wanted):
        return loss, offset, None, None
    gain = scaled.add_(1).reciprocal_().mul_(sharpness)
    centre = (offset * inverse).mul_(4).mul_(gain)
    # 1 - (t^2 + 4 d^2) / s^2 = -u (2 + u) - 4 (d / s)^2, which does not cancel where s is near t.
    pull = (u + 2).mul_(u)
    size = None
    if wanted[0]:
        size = pull.addcmul(offset, offset, value=4).mul_(gain).mul_(inverse).neg_()
    target_size = pull.div_(t).mul_(gain) if wanted[1] else None
    return loss, centre, size, target_size


def _to_columns(centre: torch.Tensor, size: torch.Tensor, box_format: str, sign: int) -> tuple[torch.Tensor, ...]:
    """Partial derivatives by the four numbers of a format, from those by centre offset and size (overwrites size)."""
    edge = centre if sign > 0 else -centre
    share = EDGE_SHARE[box_format]
    if share:
        size.add_(edge, alpha=share)
    if box_format == "xyxy":
        edge = edge - size
    elif box_format == "ltrb":
        edge, size = size, edge + size
    return (*edge, *size)


def _scale(columns: tuple[torch.Tensor, ...], grad: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    result = torch.empty_like(like)
    for index, column in enumerate(columns):
        torch.mul(column, grad, out=result.select(-1, index))
    return result


def _differentiable_gradients(
    ctx: Any, pred: torch.Tensor, target: torch.Tensor, grad: torch.Tensor
) -> list[torch.Tensor | None]:
    inputs = [boxes for boxes, wanted in zip((pred, target), ctx.needs_input_grad, strict=False) if wanted]
    loss = ctx.formula(pred, target, *ctx.arguments)
    found = iter(torch.autograd.grad(loss, inputs, grad, create_graph=True))
    return [next(found) if wanted else None for wanted in ctx.needs_input_grad[:2]]
