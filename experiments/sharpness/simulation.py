"""The family in the DIoU paper's simulation: how soon and how well boxes that move freely get to their targets.

The measure is the IoU averaged over the iterations, because at its own step nearly every loss ends near 1. The step is
the best of the ladder on anchor points of their own, but for the paper's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from experiments.box_regression.descent import OPTIMIZERS, Setting, simulate
from experiments.box_regression.protocol import STEP, anchor_points
from experiments.box_regression.runs import PAPER, climb_steps
from experiments.common import rounded
from experiments.parts import Part, Unit, run_units
from experiments.sharpness.forms import Member
from experiments.sharpness.plan import Table

SIZES = "cxcywh"
SETTINGS = (PAPER, *(f"{optimizer}, {SIZES}" for optimizer in OPTIMIZERS))


@dataclass(frozen=True)
class Simulation:
    """How large it is."""

    points: int = 40
    """Anchor points that are reported, 343 cases each."""
    validation_points: int = 10
    """Anchor points that steps and defaults are chosen on."""
    iterations: int = 200
    seed: int = 0
    search: bool = True
    """Whether the ladder of steps goes on beyond its first rungs."""


def run_members(members: Sequence[Member], size: Simulation, parts: Path, workers: int | None) -> dict[Member, Part]:
    """`run_member` of each, those that `parts` has not yet."""
    units = [
        Unit(parts / f"{one.name}.json", {"member": asdict(one), "size": asdict(size)}, (one, size)) for one in members
    ]
    return dict(zip(members, run_units(run_member, units, workers, "simulation", "loss"), strict=True))


def run_member(member: Member, size: Simulation) -> Part:
    """Each setting of one loss: its step, and by anchor point the mean IoU over the iterations, `val` and `test`."""
    points = anchor_points(size.points, size.seed)
    validation = anchor_points(size.validation_points, size.seed + 1_000_003)
    runs: Part = {}
    for name in SETTINGS:
        optimizer = "gd" if name == PAPER else name.partition(",")[0]

        def reach(step: float, points: torch.Tensor = validation, optimizer: str = optimizer) -> torch.Tensor:
            setting = Setting(optimizer, SIZES, step)
            return simulate(lambda: member.build("cxcywh", "none"), setting, points, size.iterations).iou_by_point

        step = STEP
        if name != PAPER:
            step, _ = climb_steps(lambda step: float(reach(step).mean()), optimizer, size.search)
        val, test = reach(step), reach(step, points)
        runs[name] = {
            "step": step,
            "val": rounded(val.mean(0).tolist()),
            "test": rounded(test.mean(0).tolist()),
            "final_iou": rounded([float(test[-1].mean())])[0],
        }
    return runs


def tabulate(runs: Mapping[Member, Part], setting: str) -> Table:
    """One setting of all losses; a unit is an anchor point."""
    val, test = ({member: np.array(run[setting][key]) for member, run in runs.items()} for key in ("val", "test"))
    return Table("loss", "IoU over the iterations", val, test, decides=False, stops=False)
