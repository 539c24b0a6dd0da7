"""Gradient ascent of all start boxes of all regions at once, as the tracker does it with those of one, and its step.

Scores have different slopes, so that one step length would decide for one loss and against another: each head climbs a
ladder of steps (0.1, 0.3, 1, 3, ...) on validation targets and keeps the best one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from experiments.head_ablation.pairs import CROP
from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.online.refinement import ascend, by_autograd

ITERATIONS = 10
"""Steps of the ascent, DiMP's number; ATOM's is 5, too few for far starts."""
LOWEST, HIGHEST = -6, 4
"""Rungs of the ladder: steps from 0.001 to 100."""
Score = Callable[[torch.Tensor], torch.Tensor]
"""(N, K, 4) boxes, xywh in crop pixels, to (N, K) scores, differentiable."""


def rung_step(rung: int) -> float:
    """A step of the ladder: 1 at 0, 3 at 1, 10 at 2, 0.3 at -1."""
    return float(f"{(1, 3)[rung % 2]}e{rung // 2}")


def refine(score: Score, starts: torch.Tensor, step: float, iterations: int = ITERATIONS) -> torch.Tensor:
    """Boxes (N, K, 4) after the ascent from `starts`, xywh in crop pixels, no side under a pixel.

    Args:
        score: see `Score`.
        starts: (N, K, 4), each climbs on its own.
        step: for center and size alike, in the tracker's default space.
    """
    params = AtomParams(patch_size=CROP, box_refinement_iter=iterations, box_refinement_step=(step, step))
    flat = by_autograd(lambda boxes: score(boxes.view_as(starts)).flatten())
    refined, _ = ascend(flat, starts.flatten(0, 1), params)
    refined = torch.cat((refined[:, :2], refined[:, 2:].clamp_min(1)), 1)
    return refined.view_as(starts)


def climb_ladder(reach: Callable[[int], float], rung: int) -> tuple[int, float]:
    """The rung with the highest value: its neighbors are tried, and the ladder goes on while the best is its end.

    Args:
        reach: what a rung is worth; called once for each.
        rung: where to begin.
    """
    reached: dict[int, float] = {}
    best = rung
    while True:
        for number in (best - 1, best, best + 1):
            if LOWEST <= number <= HIGHEST and number not in reached:
                reached[number] = reach(number)
        highest = max(reached, key=lambda number: reached[number])
        if highest == best:
            return best, reached[best]
        best = highest
