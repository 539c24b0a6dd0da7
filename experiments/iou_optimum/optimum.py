"""Which size is best for a box whose center is off its target's: by IoU, where several sizes may be, and by Smooth-IoU.

With the target's half sizes as the unit of each axis, and a center at (u, v), u, v >= 0, the IoU-optimal sizes (width,
height) in sizes of the target are

    (1 + u, 1 + v)   where |1/u - 1/v| < 1
    (1 + u, 1 - v)   where 1/v - 1/u > 1
    (1 - u, 1 + v)   where 1/u - 1/v > 1

and on the curve 1/v - 1/u = 1 every height from 1 - v to 1 + v is optimal, on its mirror every width. Smooth-IoU's
best size s of an axis has s^2 = 2 d^2 + sqrt(4 d^4 + t^4), with divergence kl s^2 = t^2 + 4 d^2; d is the offset and t
the target's size. All tensors are float64.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from siou_tracking.losses.box.overlap.pair import intersect

TIE = (1.0, 0.5)
"""An offset (u, v) on the curve: with width 2 every height from 0.5 to 1.5 is IoU-optimal."""
# Grid of a search along each axis, rounds, and how much smaller each round's grid is.
GRID, ROUNDS, ZOOM = 13, 20, 0.5
Score = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def tie_height(u: torch.Tensor) -> torch.Tensor:
    """The v `(...)` at which offsets (u, v) have a whole interval of optimal heights: 1/v - 1/u = 1."""
    return u / (1 + u)


def iou_optimal_sizes(offsets: torch.Tensor, tolerance: float = 1e-9) -> tuple[torch.Tensor, torch.Tensor]:
    """Least and largest IoU-optimal sizes `(..., 2)`, equal where the optimum is one box.

    Args:
        offsets: `(..., 2)` in half sizes of the target, from 0 up.
        tolerance: how far from the curve an offset counts as on it.
    """
    u, v = offsets.unbind(-1)
    gap = torch.where((u > 0) | (v > 0), 1 / v - 1 / u, 0)
    least = torch.stack((torch.where(gap <= -1 + tolerance, 1 - u, 1 + u), _least_height(gap, v, tolerance)), -1)
    largest = torch.stack(
        (torch.where(gap < -1 - tolerance, 1 - u, 1 + u), torch.where(gap > 1 + tolerance, 1 - v, 1 + v)), -1
    )
    return least, largest


def _least_height(gap: torch.Tensor, v: torch.Tensor, tolerance: float) -> torch.Tensor:
    return torch.where(gap >= 1 - tolerance, 1 - v, 1 + v)


def smooth_optimal_sizes(offsets: torch.Tensor, divergence: str = "bhattacharyya") -> torch.Tensor:
    """Smooth-IoU's best sizes `(..., 2)`, in sizes of the target, at offsets `(..., 2)` in half sizes."""
    d = offsets / 2
    square = 1 + 4 * d.square() if divergence == "kl" else 2 * d.square() + (4 * d**4 + 1).sqrt()
    return square.sqrt()


def boxes_at(offsets: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """Boxes `(..., 4)` in cxcywh against the unit box at 0, from offsets in half sizes and sizes `(..., 2)`."""
    return torch.cat(torch.broadcast_tensors(offsets / 2, sizes), dim=-1)


def iou_at(offsets: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """IoU `(...)` of those boxes with the unit box at 0."""
    d, s = (part.movedim(-1, 0) for part in torch.broadcast_tensors(offsets / 2, sizes))
    intersection, union = intersect(d, s, torch.ones_like(s))
    return intersection / union


def search_sizes(score: Score, offsets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Brute force: the sizes `(n, 2)` of highest score and that score `(n,)`, by grids that close in on the best.

    Four searches, which start with the sizes below and above the target's on each axis: IoU has a peak in each.

    Args:
        score: of offsets and sizes `(n, grid, 2)`, to `(n, grid)`.
        offsets: `(n, 2)` in half sizes.
    """
    halves = torch.tensor([[0.5, 0.5], [1.5, 0.5]], dtype=offsets.dtype)  # center and span: 0 to 1, 1 to 2
    found = [
        _close_in(score, offsets, torch.stack((width[0], height[0])), torch.stack((width[1], height[1])))
        for width in halves
        for height in halves
    ]
    sizes, reached = (torch.stack(parts) for parts in zip(*found, strict=True))  # [4, n, 2], [4, n]
    best, rows = reached.argmax(0), torch.arange(len(offsets))
    return sizes[best, rows], reached[best, rows]


def _close_in(
    score: Score, offsets: torch.Tensor, center: torch.Tensor, span: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`search_sizes` from one grid, `center` -+ `span` `(2,)`; both grow with the offset, as the best sizes do."""
    scale = torch.where(center > 1, (2 + offsets) / 2, 1)  # [n, 2]
    center, span = center * scale, span * scale
    line = torch.linspace(-1, 1, GRID, dtype=offsets.dtype)
    steps = torch.cartesian_prod(line, line)  # [GRID^2, 2]
    rows = torch.arange(len(offsets))
    for _ in range(ROUNDS):
        sizes = (center[:, None] + span[:, None] * steps).clamp_min(1e-3)
        reached = score(offsets[:, None].expand_as(sizes), sizes)  # [n, GRID^2]
        best = reached.argmax(1)
        center, span = sizes[rows, best], span * ZOOM
    return center, reached[rows, best]


def check_closed_forms(smooth: Score, smooth_kl: Score, count: int, seed: int) -> dict[str, float]:
    """How far brute force at random offsets is from the closed forms; see the keys."""
    generator = torch.Generator().manual_seed(seed)
    offsets = 2 * torch.rand(count, 2, generator=generator, dtype=torch.float64)
    least, _ = iou_optimal_sizes(offsets)
    _, reached = search_sizes(iou_at, offsets)
    short = iou_at(offsets, least) - reached
    on_curve = torch.stack((offsets[:, 0], tie_height(offsets[:, 0])), -1)
    low, high = iou_optimal_sizes(on_curve)
    share = torch.linspace(0, 1, 101, dtype=torch.float64)[:, None]
    interval = iou_at(on_curve[:, None], low[:, None] + share * (high - low)[:, None])  # [n, 101]
    gaps = {
        divergence: float((search_sizes(score, offsets)[0] - smooth_optimal_sizes(offsets, divergence)).abs().amax())
        for divergence, score in (("bhattacharyya", smooth), ("kl", smooth_kl))
    }
    return {
        "offsets": count,
        "iou: most that brute force finds above the closed form": float((-short).amax()),
        "iou: most that it stays below": float(short.amax()),
        "iou: largest spread over an interval of ties": float((interval.amax(1) - interval.amin(1)).amax()),
        **{f"smooth_iou {name}: largest distance to the optimal size": gap for name, gap in gaps.items()},
    }
