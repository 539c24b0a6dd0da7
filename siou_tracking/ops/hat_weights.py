"""Mean of the linear-interpolation kernel over intervals: the one-dimensional half of Precise RoI pooling.

A row of samples f_0 ... f_{L-1} at the positions 0 ... L-1, zero outside, is interpolated linearly as
sum_i f_i hat(t - i) with hat(u) = max(0, 1 - |u|). Its mean over an interval [s, e] is sum_i f_i a_i with

    a_i = 1 / (e - s) * integral over [s, e] of hat(t - i) dt,

    d a_i / d e = (hat(e - i) - a_i) / (e - s),        d a_i / d s = (a_i - hat(s - i)) / (e - s).

The integral is taken as (length) x (mid-height) on each of the two straight sides of the hat, so that short intervals
lose no digits to the subtraction of two nearly equal primitives.
"""

from __future__ import annotations

from typing import Any  # ctx: torch declares no type with the attributes its context has

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def bin_edges(start: Tensor, end: Tensor, bins: int) -> Tensor:
    """Edges that cut [start, end] into equal bins.

    Args:
        start, end: (...) interval ends in cells. An end before its start counts as an empty interval at `start`.
        bins: number of bins, at least 1.

    Returns:
        (..., bins + 1) positions. All are NaN where an end is not finite.
    """
    fractions = torch.arange(bins + 1, dtype=start.dtype, device=start.device) / bins
    extent = (end - start).clamp(min=0) + 0 * end  # 0 * end turns an infinite end into NaN
    return start.unsqueeze(-1) + extent.unsqueeze(-1) * fractions


def hat_average(edges: Tensor, length: int) -> Tensor:
    """Weights a_i of every sample for the mean over each bin.

    Args:
        edges: (..., bins + 1) rising positions in cells.
        length: number of samples L.

    Returns:
        (..., bins, L) weights, 0 (with zero gradient) for bins of no extent; differentiable once in `edges`.
    """
    weights: Tensor = _HatAverage.apply(edges, length)  # type: ignore[no-untyped-call]  # torch gives it no types
    return weights


def hat_average_jacobian(start: Tensor, end: Tensor, bins: int, length: int) -> tuple[Tensor, Tensor]:
    """`hat_average` of equal bins with its derivatives, without autograd and in few operations.

    With the primitive of the hat, so that bins shorter than a hundredth of a cell lose digits.

    Args:
        start, end, bins: as in `bin_edges`, but an end that is not finite gives what it gives.
        length: number of samples L.

    Returns:
        (..., bins, L) weights, and (..., 2, bins, L), their derivatives by `start` and by `end`; all 0 for an empty
        interval.
    """
    shares = torch.arange(bins + 1, dtype=start.dtype, device=start.device) / bins
    extent = end - start
    edges = start.unsqueeze(-1) + extent.unsqueeze(-1) * shares
    position = torch.arange(length, dtype=edges.dtype, device=edges.device)
    offset = (edges.unsqueeze(-1) - position).clamp_(-1, 1)  # [..., bins + 1, L]
    hat = 1 - offset.abs()
    # a NaN extent is not <= 0 and stays NaN
    scale = (bins / extent).masked_fill_(extent <= 0, 0)[..., None, None]
    average = (0.5 * offset * (1 + hat)).diff(dim=-2) * scale  # [..., bins, L]
    # An edge moves by its share of what `end` moves and by the rest of what `start` moves, and the mean is over less
    # or more.
    moves = torch.stack([1 - shares, shares]).unsqueeze(-1)  # [2, bins + 1, 1]
    widens = torch.stack([average, -average], dim=-3) / bins
    return average, ((moves * hat.unsqueeze(-3)).diff(dim=-2) + widens) * scale.unsqueeze(-3)


class _HatAverage(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, edges: Tensor, length: int) -> Tensor:
        position = torch.arange(length, dtype=edges.dtype, device=edges.device)
        offset = edges.unsqueeze(-1) - position  # [..., bins + 1, L]
        width = edges.diff(dim=-1).unsqueeze(-1)  # [..., bins, 1]
        rising, falling = offset.clamp(-1, 0), offset.clamp(0, 1)
        integral = rising.diff(dim=-2) * (1 + 0.5 * (rising[..., 1:, :] + rising[..., :-1, :]))
        integral += falling.diff(dim=-2) * (1 - 0.5 * (falling[..., 1:, :] + falling[..., :-1, :]))
        # [..., bins, L]; a NaN width is not <= 0 and stays NaN
        average = (integral / width).masked_fill_(width <= 0, 0)
        ctx.save_for_backward(offset, average, width)
        return average

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        offset, average, width = ctx.saved_tensors
        hat = (1 - offset.abs()).clamp_(min=0)  # [..., bins + 1, L]
        through_mean = (grad * average).sum(-1)  # [..., bins]
        empty = width.squeeze(-1) <= 0
        scale = width.squeeze(-1).reciprocal().masked_fill(empty, 0)
        # An inner edge ends one bin and starts the next, so it is written to twice.
        grad_edges = torch.zeros_like(hat[..., 0])  # [..., bins + 1]
        grad_edges[..., 1:] += ((grad * hat[..., 1:, :]).sum(-1) - through_mean) * scale
        grad_edges[..., :-1] += (through_mean - (grad * hat[..., :-1, :]).sum(-1)) * scale
        return grad_edges, None
