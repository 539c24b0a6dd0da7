"""One loss through the simulation: at the paper's step, and in four settings at the step that suits it best there.

The step is chosen on anchor points of their own, drawn with another seed, by the mean final IoU; every number that is
reported comes from the other points. Steps are tried on a ladder (..., 0.1, 0.3, 1, 3, ...), which goes on while the
best one is its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any  # a run as JSON has it

import torch

from experiments.box_regression.descent import OPTIMIZERS, SIZES, Outcome, Setting, simulate
from experiments.box_regression.fused import fuse
from experiments.box_regression.protocol import STEP, anchor_points
from experiments.common import rounded
from experiments.ladder import climb_ladder, rung_step

PAPER = "gd, cxcywh, the paper's step"
MAIN = "gd, cxcywh"
# First and last rung that every loss is tried on, and how far the ladder may go on.
LADDER = {"gd": (-4, 1), "adam": (-4, 0)}
LOWEST, HIGHEST = -10, 12
Run = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """How large the simulation is."""

    points: int
    """Anchor points that are reported."""
    validation_points: int
    """Anchor points that the steps are chosen on."""
    iterations: int
    seed: int
    search: bool = True
    """Whether the ladder goes on beyond its first rungs."""
    fused: bool = False
    """Whether the arithmetic is compiled, see `fused.py`."""


def run_loss(name: str, plan: Plan) -> dict[str, Run]:
    """Every run of one loss, by setting; `PAPER` is the one whose step was not chosen."""
    points = anchor_points(plan.points, plan.seed)
    validation = anchor_points(plan.validation_points, plan.seed + 1_000_003)
    kernels = fuse(name) if plan.fused else None

    def reach(setting: Setting, points: torch.Tensor) -> Outcome:
        return simulate(name, setting, points, plan.iterations, kernels)

    setting = Setting("gd", "cxcywh", STEP)
    runs = {PAPER: describe_run(setting, reach(setting, points), plan)}
    for optimizer in OPTIMIZERS:
        for sizes in SIZES:
            setting, tried = choose_step(lambda setting: reach(setting, validation), optimizer, sizes, plan.search)
            run = describe_run(setting, reach(setting, points), plan)
            runs[f"{optimizer}, {sizes}"] = {**run, "validation_iou": tried}
    return runs


def choose_step(
    reach: Callable[[Setting], Outcome], optimizer: str, sizes: str, search: bool
) -> tuple[Setting, dict[str, float]]:
    """The setting whose mean final IoU is highest, and that IoU for each step that was tried."""

    def final_iou(step: float) -> float:
        outcome = reach(Setting(optimizer, sizes, step))
        return float(outcome.iou[-1]) / outcome.cases

    best, tried = climb_steps(final_iou, optimizer, search)
    return Setting(optimizer, sizes, best), {f"{step:g}": round(value, 4) for step, value in sorted(tried.items())}


def climb_steps(measure: Callable[[float], float], optimizer: str, search: bool) -> tuple[float, dict[float, float]]:
    """The best step of the optimizer's ladder, and the measure of each that was tried; see `climb_ladder`."""
    best, tried = climb_ladder(lambda rung: measure(rung_step(rung)), LADDER[optimizer], (LOWEST, HIGHEST), search)
    return rung_step(best), {rung_step(rung): value for rung, value in tried.items()}


def describe_run(setting: Setting, outcome: Outcome, plan: Plan) -> Run:
    """A run as JSON has it: curves at 41 iterations, and the final numbers."""
    every = max(plan.iterations // 40, 1)
    mean_error, mean_iou = outcome.error / outcome.cases, outcome.iou / outcome.cases
    return {
        "optimizer": setting.optimizer,
        "sizes": setting.sizes,
        "step": setting.step,
        "seed": plan.seed,
        "cases": outcome.cases,
        "final_iou": round(float(mean_iou[-1]), 4),
        "final_error": rounded([float(mean_error[-1])])[0],
        "total_error": rounded([float(outcome.error[-1])], 6)[0],
        "share_above_0.9": round(outcome.good / outcome.cases, 4),
        "share_not_finite": round(outcome.lost / outcome.cases, 6),
        "iou": rounded(mean_iou[::every].tolist()),
        "error": rounded(mean_error[::every].tolist()),
        "cases_per_second": round(outcome.cases / outcome.seconds),
        "error_by_point": rounded(outcome.error_by_point.tolist(), 3),
    }
