"""Whole trackers, trained with losses and scores of several sharpness by `experiments.loss_ablation`'s own functions.

Its training data, features and checkpoints are shared; tracks are this study's own, because it also tracks validation
sequences. The measure is OTB's success AUC of each sequence.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.loss_ablation.families import FAMILIES
from experiments.loss_ablation.jobs import Job
from experiments.loss_ablation.plan import Parts, Plan
from experiments.loss_ablation.run import QUICK_FRAMES, as_otb
from experiments.loss_ablation.scoring import METRICS
from experiments.loss_ablation.tracks import run_all
from experiments.loss_ablation.trainings import prepare_data
from experiments.real_data import Training
from experiments.sharpness.forms import Member
from experiments.sharpness.named import spell
from experiments.sharpness.plan import Table
from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.losses import describe
from siou_tracking.losses.box.entry import Role

SHARPNESSES = {"atom_lite": (32.0, 1.0, 4.0, 256.0), "tomp_lite": (32.0, 256.0)}
"""Family of `loss_ablation` -> what it is trained with; the first learns a score, the second minimizes the loss.

A quick look takes two of each."""
SEEDS = 3


@dataclass(frozen=True)
class OwnTracks(Parts):
    """Parts of `loss_ablation`, but for the tracks."""

    own: Path = Path()

    @property
    def tracks(self) -> Path:
        return self.own


def run_trackers(
    plan: Plan,
    parts: OwnTracks,
    family: str,
    sharpnesses: Sequence[float],
    seeds: int,
    training: Training | None,
    test: Sequence[AnnotatedSequence],
    workers: int | None,
) -> Table:
    """Train and track what is not there, and score it.

    Args:
        plan, parts, family: of `loss_ablation`.
        sharpnesses: of the old form and divergence.
        seeds: 0, 1, ... so many.
        training: real pictures; None for a plan without.
        test: sequences; without any the first half of the validation sequences stands for them.
        workers: processes.
    """
    prepare_data(plan, parts, training, workers or 1)
    frames = None if plan.real else QUICK_FRAMES
    found = load_sequences("got10k", parts.data)
    val = [as_otb(dataclasses.replace(one, name=f"val-{one.name}"), frames) for one in found]
    if not test:
        half = len(val) // 2
        val, test = val[half:], val[:half]
    members = [Member(sharpness=sharpness) for sharpness in sharpnesses]
    role = FAMILIES[family].role
    jobs = {
        (member, seed): Job(plan, parts, [*val, *test], family, name_of(member, role), seed)
        for seed in range(seeds)
        for member in members
    }
    scored = run_all(list(jobs.values()), parts.tracks / "scores", workers)
    values: dict[Member, list[dict[str, float]]] = {}
    for (member, _), job in jobs.items():
        values.setdefault(member, []).append(scored[job][METRICS[0]])
    own = [
        {member: np.array([[run[one.name] for one in some] for run in runs]) for member, runs in values.items()}
        for some in (val, test)
    ]
    return Table(role=role, measure="success AUC on test sequences", val=own[0], test=own[1], decides=False)


def name_of(member: Member, role: Role) -> str:
    """What `--box-loss` takes; the role's default by its own name, so that its training is `loss_ablation`'s."""
    default = Member(sharpness=describe("smooth_iou").own_params(role)["sharpness"])
    return "smooth_iou" if member == default else spell(member)
