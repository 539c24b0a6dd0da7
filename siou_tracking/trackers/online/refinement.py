"""Box refinement: gradient ascent of candidate boxes on a predicted overlap score (ATOM, CVPR 2019, sec. 3.2)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from siou_tracking.boxes import convert
from siou_tracking.trackers.online.params import RefinementParams

ScoreFunction = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""(P, 4) boxes, xywh in patch pixels, to (P,) scores and their gradient (P, 4), each box's to itself."""


def by_autograd(score: Callable[[torch.Tensor], torch.Tensor]) -> ScoreFunction:
    """A `ScoreFunction` of one, differentiable, that gives scores alone."""

    def differentiate(boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.enable_grad():
            boxes = boxes.detach().requires_grad_()
            values = score(boxes)
            (gradient,) = torch.autograd.grad(values.sum(), boxes)
        return values.detach(), gradient

    return differentiate


def start_boxes(box: torch.Tensor, params: RefinementParams, generator: torch.Generator) -> torch.Tensor:
    """The box itself and random ones around it.

    With u uniform in [-1/2, 1/2]: center + sqrt(w h) jitter_pos u, size + sqrt(w h) jitter_sz u, a side never under a
    third of the box's shorter side.

    Args:
        box: (4,) xywh.
        params: how many and how far.
        generator: on the CPU.

    Returns:
        (1 + num_init_random_boxes, 4) xywh.
    """
    count = params.num_init_random_boxes
    w, h = box[2], box[3]
    spread = box.new_tensor([params.box_jitter_pos] * 2 + [params.box_jitter_sz] * 2) * (w * h).sqrt()
    noise = (torch.rand(count, 4, generator=generator) - 0.5).to(box) * spread
    size = torch.maximum(box[2:] + noise[:, 2:], torch.minimum(w, h) / 3)
    center = box[:2] + box[2:] / 2 + noise[:, :2]
    return torch.cat([box[None], torch.cat([center - size / 2, size], dim=1)])


def ascend(score: ScoreFunction, boxes: torch.Tensor, params: RefinementParams) -> tuple[torch.Tensor, torch.Tensor]:
    """Move each box uphill on its own.

    Space 'default': box + step * gradient * (w, h, w, h). Space 'relative': in (center / size0, log(size / size0)) with
    size0 the first box's size, coordinates + step * gradient. A box whose score fell has its step multiplied by
    `box_refinement_step_decay`.

    Args:
        score: see `ScoreFunction`.
        boxes: (P, 4) xywh, the first one is the reference of the relative space.
        params: iterations, space, steps, decay, and which scores.

    Returns:
        Boxes (P, 4) xywh after the last step, and scores (P,) to rank them by.
    """
    size0 = boxes[0, 2:]
    position, size = params.box_refinement_step
    step = boxes.new_tensor([position, position, size, size]).expand_as(boxes)
    values = boxes.new_full((len(boxes),), -math.inf)
    for _ in range(params.box_refinement_iter):
        boxes, step, values = climb(score, boxes, step, values, size0, params)
    if params.box_refinement_iter > 0 and not params.rank_after_last_step:
        return boxes, values
    return boxes, score(boxes)[0]


def climb(
    score: ScoreFunction,
    boxes: torch.Tensor,
    step: torch.Tensor,
    previous: torch.Tensor,
    size0: torch.Tensor,
    params: RefinementParams,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One step of `ascend`: boxes (P, 4), steps (P, 4) and scores (P,) before it, to those after it and the scores."""
    values, gradient = score(boxes)
    step = torch.where((values < previous)[:, None], step * params.box_refinement_step_decay, step)
    relative = params.box_refinement_space == "relative"
    return _move(boxes, step, gradient.nan_to_num(), size0 if relative else None), step, values


def _move(boxes: torch.Tensor, step: torch.Tensor, gradient: torch.Tensor, size0: torch.Tensor | None) -> torch.Tensor:
    """Boxes (P, 4) xywh after a step uphill, in the relative space of `size0` or, where it is None, the default one."""
    if size0 is None:
        return boxes + step * gradient * boxes[:, 2:].clamp(min=1.0).repeat(1, 2)
    center, size = convert(boxes, "xywh", "cxcywh").split(2, dim=1)
    to_xy, to_wh = gradient.split(2, dim=1)
    center = center + step[:, :2] * size0.square() * to_xy
    # x = center - size / 2, so a size of its own reaches the score both ways
    size = size * (step[:, 2:] * size * (to_wh - to_xy / 2)).exp()
    return convert(torch.cat([center, size], dim=1), "cxcywh", "xywh")


def refine_box(
    score: ScoreFunction, box: torch.Tensor, params: RefinementParams, generator: torch.Generator
) -> tuple[torch.Tensor, float] | None:
    """The mean of the best refined boxes.

    Args:
        score: see `ScoreFunction`.
        box: (4,) xywh in patch pixels, where the score map saw the target.
        params: see `RefinementParams`.
        generator: on the CPU.

    Returns:
        (4,) xywh in patch pixels and the mean score, or None when no refined box is finite and of a possible shape.
    """
    boxes, values = ascend(score, start_boxes(box, params, generator), params)
    boxes = torch.cat([boxes[:, :2], boxes[:, 2:].clamp(min=1.0)], dim=1)
    aspect = boxes[:, 2] / boxes[:, 3]
    limit = params.maximal_aspect_ratio
    usable = boxes.isfinite().all(dim=1) & values.isfinite() & (aspect < limit) & (aspect > 1 / limit)
    boxes, values = boxes[usable], values[usable]
    if len(boxes) == 0:
        return None
    best = values.topk(min(params.iounet_k, len(values))).indices
    return boxes[best].mean(dim=0), float(values[best].mean())
