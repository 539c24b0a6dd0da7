"""Descend a loss from every anchor at once, each box on its own, and add up how far the boxes are from their targets.

One iteration, as in the paper, for the box's own numbers:

    B <- B - step * (2 - IoU) * direction

The direction is the loss's gradient (gd), or what Adam makes of it (adam). The numbers are (x, y, w, h), or
(x, y, ln w, ln h) where sizes are "log". A step that would make a number of a box infinite or NaN is not taken: the box
stays where it was, its IoU counts as 0 from there on, and it is counted.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from experiments.box_regression.protocol import CASES_PER_POINT, cases, step_share
from siou_tracking.losses import build_box_loss
from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.losses.box.overlap.pair import intersect

OPTIMIZERS = ("gd", "adam")
SIZES = ("cxcywh", "log")
GOOD_IOU = 0.9
# As many boxes as a core's cache holds with what a loss computes on the way; the paper's points are whole chunks.
CHUNK = 50
BETAS, EPS = (0.9, 0.999), 1e-8
# What the losses with lengths take for their unit here, where a target's side is about 1: nwd's constant is the usual
# side of a target, mpdiou's picture the square around every anchor.
LENGTHS = {"nwd": {"constant": 1.0}, "mpdiou": {"image_size": 9.0}}


@dataclass(frozen=True)
class Setting:
    """How boxes are moved."""

    optimizer: str
    """"gd" or "adam"."""
    sizes: str
    """"cxcywh" or "log"."""
    step: float


@dataclass
class Outcome:
    """Sums over all cases of one run."""

    cases: int
    error: torch.Tensor
    """`(iterations + 1,)`: sum of |B - target| over the four numbers of every case; first the anchors'."""
    iou: torch.Tensor
    """`(iterations + 1,)`: sum of the IoU of every case."""
    good: int
    """Cases that end with an IoU above `GOOD_IOU`."""
    lost: int
    """Cases that met a step that was not finite."""
    error_by_point: torch.Tensor
    """`(points,)`: mean final error of a point's cases."""
    iou_by_point: torch.Tensor
    """`(iterations + 1, points)`: mean IoU of a point's cases."""
    seconds: float


def build_loss(name: str) -> BoxLoss:
    """The registered loss on cxcywh boxes of this simulation's unit."""
    return build_box_loss(name, box_format="cxcywh", reduction="none", **LENGTHS.get(name, {}))


def simulate(
    loss: str | Callable[[], BoxLoss],
    setting: Setting,
    points: torch.Tensor,
    iterations: int,
    kernels: Kernels | None = None,
) -> Outcome:
    """All cases of anchor points `(2, p)` with one loss and setting, `CHUNK` points at a time.

    Args:
        loss: a registered one's name, or what makes an element-wise loss of cxcywh boxes; it is made for each chunk
            anew, for some have a state (wiou_v3).
        setting: how boxes are moved.
        points: the anchors' centers.
        iterations: how many steps are taken.
        kernels: of this loss, if not torch's own operations one by one.
    """
    error, iou = torch.zeros(2, iterations + 1, dtype=torch.float64)
    good = lost = 0
    by_point, iou_by_point = [], []
    began = time.perf_counter()
    for chunk in points.split(CHUNK, dim=1):
        anchors, targets = cases(chunk)
        made = kernels or Kernels.of(build_loss(loss) if isinstance(loss, str) else loss())
        states = descend(made, setting, anchors, targets, iterations)
        ious = torch.zeros(iterations + 1, chunk.shape[1])
        for turn, state in enumerate(states):
            boxes, overlap, alive = state
            far = (boxes - targets).abs_().sum(0)
            error[turn] += far.sum(dtype=torch.float64)
            iou[turn] += overlap.sum(dtype=torch.float64)
            ious[turn] = overlap.view(-1, CASES_PER_POINT).mean(1)
        good += int((overlap > GOOD_IOU).sum())
        lost += int((~alive).sum())
        by_point.append(far.view(-1, CASES_PER_POINT).mean(1))
        iou_by_point.append(ious)
    return Outcome(
        cases=points.shape[1] * CASES_PER_POINT,
        error=error,
        iou=iou,
        good=good,
        lost=lost,
        error_by_point=torch.cat(by_point),
        iou_by_point=torch.cat(iou_by_point, 1),
        seconds=time.perf_counter() - began,
    )


State = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Numbers and boxes `(4, n)`, IoU `(n,)` and whether each is still alive `(n,)`."""


@dataclass(frozen=True)
class Kernels:
    """The two computations of an iteration; see `fused.py` for others."""

    slope: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """Boxes and targets `(4, n)` to the gradient `(4, n)`."""
    advance: Callable[..., State]
    """`advance`, or the same as one kernel."""

    @classmethod
    def of(cls, loss: BoxLoss) -> Kernels:
        """A loss's own operations, one by one."""
        return cls(functools.partial(slope, loss), advance)


def descend(
    kernels: Kernels, setting: Setting, anchors: torch.Tensor, targets: torch.Tensor, iterations: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Boxes `(4, n)`, their IoU `(n,)` and whether each is still alive `(n,)`: at the start and after each iteration.

    Args:
        kernels: of an element-wise loss on cxcywh boxes.
        setting: how boxes are moved.
        anchors, targets: `(4, n)` in cxcywh.
        iterations: how many steps are taken.
    """
    logged, adaptive = setting.sizes == "log", setting.optimizer == "adam"
    boxes = anchors.clone()
    numbers = torch.cat((boxes[:2], boxes[2:].log())) if logged else boxes
    state = (numbers, boxes, compute_iou(boxes, targets), torch.ones(boxes.shape[1], dtype=torch.bool))
    moments = torch.zeros(2, *boxes.shape) if adaptive else None
    rates = [setting.step * step_share(iteration, iterations) for iteration in range(iterations)]
    yield state[1:]
    for iteration, rate in enumerate(rates):
        seen = [1 - beta ** (iteration + 1) for beta in BETAS]
        # Tensors, because a kernel would be compiled anew for each number.
        known = torch.tensor([rate, *seen])
        state = kernels.advance(state, targets, kernels.slope(state[1], targets), known, logged, moments)
        yield state[1:]


def slope(loss: BoxLoss, boxes: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Gradient `(4, n)` of each case's loss by its own box."""
    leaf = boxes.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss.elementwise(leaf.t(), targets.t()).sum(), leaf)
    return gradient.contiguous()


def advance(
    state: State,
    targets: torch.Tensor,
    direction: torch.Tensor,
    known: torch.Tensor,
    logged: bool,
    moments: torch.Tensor | None,
) -> State:
    """The state after one step.

    Args:
        state: before it.
        targets: `(4, n)`.
        direction: `(4, n)`, the gradient by the boxes.
        known: `(3,)`: the step, and the sums of the weights that both of Adam's moments have had.
        logged: whether numbers hold ln w and ln h.
        moments: `(2, 4, n)` of Adam, brought up to date in place; None without it.
    """
    numbers, boxes, overlap, alive = state
    rate, *seen = known.unbind()
    if logged:
        direction = torch.cat((direction[:2], direction[2:] * boxes[2:]))
    if moments is not None:
        direction = adam_direction(direction, moments, seen)
    moved = numbers - rate * (2 - overlap) * direction
    there = torch.cat((moved[:2], moved[2:].exp())) if logged else moved
    alive = alive & there.sum(0).isfinite()  # a sum is finite where its parts are
    numbers, boxes = torch.where(alive, moved, numbers), torch.where(alive, there, boxes)
    return numbers, boxes, torch.where(alive, compute_iou(boxes, targets), 0), alive


def adam_direction(gradient: torch.Tensor, moments: torch.Tensor, seen: list[torch.Tensor]) -> torch.Tensor:
    """Adam's step of length 1 for gradients of any shape; `moments` `(2, ...)` are brought up to date in place."""
    first, second = moments
    first.lerp_(gradient, 1 - BETAS[0])
    second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
    return (first / seen[0]) / ((second / seen[1]).sqrt() + EPS)


def compute_iou(boxes: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """IoU `(n,)` of boxes and targets `(4, n)` in cxcywh; a box with a size of 0 or less has none."""
    size = boxes[2:].clamp_min(0)
    intersection, union = intersect(boxes[:2] - targets[:2], size, targets[2:])
    return intersection / union
