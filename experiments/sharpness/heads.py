"""The family on box heads over stored features: `experiments.head_ablation`'s training, one loss at a time.

A training is shorter than there, and all losses of a head have one learning rate, the one that is best for the old
default on a seed of its own: both spare time, and the second favors what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any  # what JSON holds

import numpy as np

from experiments.head_ablation.jobs import Job, best_rate, run_all
from experiments.head_ablation.losses import LossSpec
from experiments.head_ablation.pairs import Stores
from experiments.head_ablation.training import HEADS, RATE_SEEDS, Run, Schedule
from experiments.sharpness.density import GAUSSIAN, exponent
from experiments.sharpness.forms import DIVERGENCES, Member
from experiments.sharpness.plan import SHARPNESSES, Table, old, star
from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.losses.box.entry import Similarity
from siou_tracking.retrain.density_target import LEAST_EXPONENT

ROLES = {"score": "score", "density": "density", "ltrb": "loss", "center": "loss"}
"""Head -> the role that its loss has."""
OTHERS = ("narrow", "kl", "jeffreys", "wasserstein")
"""Divergences beside the old: all that keep every property."""
DENSITY = (1.0, 4.0, 16.0, 32.0, 64.0, 128.0)
"""Sharpness of densities; those between hardly differ, see density.py, and 256 leaves the peak no mass."""
FORMS = {"score": ("exp", "logratio", "sqrt"), "density": (), "loss": ("exp", "ratio", "sqrt")}
"""Forms beside the old, by role; as a score ratio is log and linear exp."""
LADDER = (4.0, 16.0, 64.0, 256.0)
"""What other forms and divergences are tried at: as curved at the target as the old ones at these."""

SCHEDULE = Schedule(iterations=200, looks=5, regions=64)


@dataclass(frozen=True)
class MemberSpec(LossSpec):
    """A loss of the family as heads take it."""

    name: str = "smooth_iou"
    member: Member = field(default_factory=Member)

    @property
    def label(self) -> str:
        return self.member.name

    @property
    def defaults(self) -> dict[str, Any]:
        return {}  # the label says all

    def build_loss(self, box_format: str, side: float = 1.0) -> BoxLoss:
        return self.member.build(box_format, "none")

    def build_similarity(self, side: float) -> Similarity:
        return self.member.build("xywh").similarity

    def build_density(self, sigma: float) -> tuple[Similarity, float]:
        found = round(exponent(self.member, sigma), 6)
        if found <= LEAST_EXPONENT:
            raise InputError(f"{self.label}: exponent {found:g}, allowed is above {LEAST_EXPONENT:g}")
        return self.member.build("xywh").similarity, found


@dataclass(frozen=True)
class HeadPlan:
    """What is trained."""

    seeds: tuple[int, ...] = tuple(range(15))
    """Of heads with the loss role, which train in a quarter of the time and whose losses differ by less."""
    schedule: Schedule = SCHEDULE
    sharpnesses: tuple[float, ...] = SHARPNESSES
    """Of the old form and divergence."""
    choose_rates: bool = True
    """Whether a head's rate is chosen; else it is the middle one."""
    others: bool = True
    """Whether other forms and divergences are trained."""
    first: int = 5
    """How many of the seeds heads with another role have."""

    def members(self, head: str) -> list[Member]:
        """The losses of a head, the old default among them."""
        role = ROLES[head]
        default = old(role)
        sharpnesses, ladder = (
            tuple(one for one in some if role != "density" or one in DENSITY) for some in (self.sharpnesses, LADDER)
        )
        found = [default, *star(sharpnesses, (default.form,), (default.divergence,))]
        if self.others:
            lines = [(form, default.divergence) for form in FORMS[role]] + [(default.form, one) for one in OTHERS]
            found += [as_curved(Member(sharpness=value), *line) for line in lines for value in ladder]
            found += [GAUSSIAN] if role == "density" else []
        specs = {member: MemberSpec(member=member) for member in found}
        return [member for member, spec in specs.items() if HEADS[head].takes(spec)]


def as_curved(model: Member, form: str, divergence: str) -> Member:
    """The member whose curvature at the target, by the center, is the model's."""
    bends = [DIVERGENCES[one].bend[0] for one in (model.divergence, divergence)]
    return Member(form, divergence, model.sharpness * bends[0] / bends[1])


def run_heads(plan: HeadPlan, stores: Stores, parts: Path, workers: int | None) -> dict[str, Table]:
    """Head -> the mean IoU of each loss, a number a seed; what `parts` has is not trained again."""
    trials = [
        Job(head, MemberSpec(member=old(role)), seed, rate, trial=True)
        for head, role in ROLES.items()
        for rate in (HEADS[head].rates if plan.choose_rates else ())
        for seed in RATE_SEEDS
    ]
    tried = run_all(trials, plan.schedule, stores, parts, workers, "rates")
    rates = {head: best_rate(head, [run for job, run in tried if job.head == head]) for head in ROLES}
    jobs = [
        Job(head, MemberSpec(member=member), seed, rates[head])
        for place, seed in enumerate(plan.seeds)
        for head, role in ROLES.items()
        if role == "loss" or place < plan.first
        for member in plan.members(head)
    ]
    runs = run_all(jobs, plan.schedule, stores, parts, workers, "heads")
    return {head: tabulate(head, [(job, run) for job, run in runs if job.head == head]) for head in ROLES}


def tabulate(head: str, runs: Sequence[tuple[Job, Run]]) -> Table:
    """One head's runs, seeds in the same order for each loss."""
    val: dict[Member, list[float]] = {}
    test: dict[Member, list[float]] = {}
    far: dict[Member, list[float]] = {}
    for job, run in runs:
        assert isinstance(job.loss, MemberSpec)  # run_heads makes no other
        val.setdefault(job.loss.member, []).append(run.val_iou)
        test.setdefault(job.loss.member, []).append(run.mean("iou"))
        far.setdefault(job.loss.member, []).append(run.mean("far_iou"))
    return Table(
        role=ROLES[head],
        measure="mean IoU on test targets",
        **{
            name: {member: np.array(values) for member, values in found.items()}
            for name, found in (("val", val), ("test", test), ("far", far))
        },
        decides=ROLES[head] != "loss",
    )
