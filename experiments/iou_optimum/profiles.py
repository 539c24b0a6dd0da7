"""Every loss and its gradient along two lines through the target, and what they say at touching and at the optimum.

The target is the unit box at 0. Line "offset": a box of its size at (x, 0); it touches the target at |x| = 1 and is the
target at 0. Line "size": a box at 0 of width e^x and height 1. The gradient is autograd's along the line, by x.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from experiments.box_regression.descent import build_loss
from experiments.iou_optimum.optimum import TIE, boxes_at, iou_optimal_sizes, search_sizes

LINES = {"offset": 2.5, "size": 2.0}
"""How far each line goes on both sides of the target."""
NEAR = 1e-7
"""How far beside a point a one-sided gradient is taken."""
FLAT = 1e-9
"""Changes and gradients below this are none."""
TARGET = torch.tensor([0.0, 0.0, 1.0, 1.0], dtype=torch.float64)


@dataclass(frozen=True)
class Profile:
    """A loss along a line, each `(n,)`."""

    x: torch.Tensor
    loss: torch.Tensor
    gradient: torch.Tensor


def evaluate(name: str, line: str, x: torch.Tensor) -> Profile:
    """A registered loss, in evaluation mode, at points `(n,)` of a line."""
    x = x.detach().double().requires_grad_()
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    boxes = torch.stack((x, zero, one, one) if line == "offset" else (zero, zero, x.exp(), one), dim=-1)
    loss = build_loss(name).eval().elementwise(boxes, TARGET)
    (gradient,) = torch.autograd.grad(loss.sum(), x)
    return Profile(x.detach(), loss.detach(), gradient)


def sample(name: str, line: str, count: int) -> Profile:
    """`count` evenly spaced points of a line; an odd number includes the target."""
    half = (count - 1) / 2
    return evaluate(name, line, LINES[line] * (torch.arange(count, dtype=torch.float64) - half) / half)


def gradient_error(name: str, line: str, count: int = 400, step: float = 1e-6) -> float:
    """Brute force: the largest difference of the gradient to a central difference, over 1 + its size.

    Midpoints of an even grid, so that no point is at touching or at the optimum.
    """
    grid = torch.linspace(-LINES[line], LINES[line], count, dtype=torch.float64)
    x = (grid[1:] + grid[:-1]) / 2 + 1e-3
    slope = (evaluate(name, line, x + step).loss - evaluate(name, line, x - step).loss) / (2 * step)
    gradient = evaluate(name, line, x).gradient
    return float(((slope - gradient).abs() / (1 + gradient.abs())).amax())


def describe_loss(name: str) -> dict[str, object]:
    """What a loss is like at touching, beyond it and at its optimum, and which sizes it wants for a center off it."""
    around = torch.tensor([-NEAR, NEAR], dtype=torch.float64)
    at_optimum, size_at_optimum = (evaluate(name, line, around).gradient for line in LINES)
    inside, outside, far = evaluate(name, "offset", torch.tensor([1 - NEAR, 1 + NEAR, 2.0])).gradient.tolist()
    offsets = torch.tensor([TIE], dtype=torch.float64)
    loss = build_loss(name).eval()
    (least,), (largest,) = iou_optimal_sizes(offsets)
    share = torch.linspace(0, 1, 101, dtype=torch.float64)[:, None]
    ties = loss.elementwise(boxes_at(offsets, least + share * (largest - least)), TARGET)
    best, reached = search_sizes(lambda at, sizes: -loss.elementwise(boxes_at(at, sizes), TARGET), offsets)
    return {
        "jump of the gradient at the optimum, by offset": clean(float(at_optimum[1] - at_optimum[0])),
        "jump of the gradient at the optimum, by ln width": clean(float(size_at_optimum[1] - size_at_optimum[0])),
        "jump of the gradient at touching": clean(outside - inside),
        "gradient one size beyond touching": clean(far),
        "spread over the IoU-optimal heights": clean(float(ties.amax() - ties.amin())),
        "best size at the tie": [round(value, 3) for value in best[0].tolist()],
        "loss there": clean(-float(reached[0])),
        "largest error of the gradient": max(clean(gradient_error(name, line)) for line in LINES),
    }


def clean(value: float) -> float:
    """A number to four digits; 0 for what is rounding."""
    return 0.0 if abs(value) < FLAT else float(f"{value:.4g}")
