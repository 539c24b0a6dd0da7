"""Which trainings a study is, done over processes, each kept as a small file: a study that was stopped goes on.

parts/HEAD/LOSS/seedN.json is a run, parts/HEAD/LOSS/seedN-rateR.json one that the learning rate is chosen by. A part
was made from stores, schedule, rate and loss.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from experiments.head_ablation.losses import LossSpec
from experiments.head_ablation.pairs import Stores, read_stores
from experiments.head_ablation.training import HEADS, RATE_SEEDS, Run, Schedule, best_rate, train_head
from experiments.parts import Part, Unit, run_units

MARGIN = 0.01
"""Validation IoU by which a loss's own rate must beat its head's. One seed chooses, and seeds differ by half of that:
rates that are as good would be drawn by lot, and what a rate does to the test would pass for the loss's."""
Runs = dict[str, dict[str, list[Run]]]
"""Head -> loss -> runs in the order of seeds."""


@dataclass(frozen=True)
class Job:
    """One training."""

    head: str
    loss: LossSpec
    seed: int
    rate: float
    trial: bool = False
    """Whether it is one that a rate is chosen by."""

    def part(self, parts: Path) -> Path:
        """Its file."""
        name = f"seed{self.seed}-rate{self.rate:g}" if self.trial else f"seed{self.seed}"
        return parts / self.head / self.loss.file_name / f"{name}.json"


@dataclass(frozen=True)
class Plan:
    """What a study is made of."""

    heads: tuple[str, ...]
    losses: tuple[LossSpec, ...]
    seeds: tuple[int, ...]
    schedule: Schedule
    choose_rates: bool = True
    """Whether each loss has its own learning rate; else all have the middle one of their head."""
    named: bool = True
    """Whether the losses were asked for by name; else a head may take a few of them, see `Head.few`."""

    def pairs(self) -> list[tuple[str, LossSpec]]:
        """Every head with every loss that it can train with, the head's baseline first."""
        found = []
        for head in self.heads:
            kind = HEADS[head]
            usual = [one for one in self.losses if self.named or kind.few is None or one.label in kind.few]
            others = [one for one in usual if one.label != kind.baseline and kind.takes(one)]
            found += [(head, spec) for spec in (LossSpec(kind.baseline), *others)]
        return found


def run_plan(plan: Plan, stores: Stores, parts: Path, workers: int | None) -> Runs:
    """Train all that `parts` does not have yet.

    Args:
        plan: what is trained.
        stores: of `build_stores`; every process reads them from their folder.
        parts: folder of the parts.
        workers: processes; None for one a core.
    """
    pairs = plan.pairs()
    trials = [
        Job(head, spec, seed, rate, trial=True)
        for head, spec in pairs
        for rate in (HEADS[head].rates if plan.choose_rates else ())
        for seed in RATE_SEEDS
    ]
    tried = run_all(trials, plan.schedule, stores, parts, workers, "rates")
    rates = {(head, spec.label): settle_rate(head, spec, tried) for head, spec in pairs}
    jobs = [Job(head, spec, seed, rates[head, spec.label]) for seed in plan.seeds for head, spec in pairs]
    found: Runs = {head: {} for head in plan.heads}
    for job, run in run_all(jobs, plan.schedule, stores, parts, workers, "runs"):
        found[job.head].setdefault(job.loss.label, []).append(run)
    return found


def settle_rate(head: str, loss: LossSpec, tried: Sequence[tuple[Job, Run]]) -> float:
    """The rate that is best for all losses of a head together, unless the loss's own beats it by more than `MARGIN`."""
    of_head = [(job, run) for job, run in tried if job.head == head]
    of_loss = [run for job, run in of_head if job.loss == loss]
    common, own = best_rate(head, [run for _, run in of_head]), best_rate(head, of_loss)
    reached = {rate: [run.val_iou for run in of_loss if run.rate == rate] for rate in (common, own)}
    if common == own or sum(reached[own]) - sum(reached[common]) > MARGIN * len(reached[own]):
        return own
    return common


def run_all(
    jobs: Sequence[Job], schedule: Schedule, stores: Stores, parts: Path, workers: int | None, what: str
) -> list[tuple[Job, Run]]:
    """Every job with its run, in order: read where there is a part that fits, else trained and kept."""
    units = [
        Unit(
            job.part(parts),
            {
                "loss": job.loss.label,
                "defaults": job.loss.defaults,
                "rate": job.rate,
                "schedule": asdict(schedule),
                "stores": stores.about,
            },
            (job, schedule, stores.folder),
        )
        for job in jobs
    ]
    found = run_units(_run_job, units, workers, what, "training")
    return [(job, Run.from_json(part)) for job, part in zip(jobs, found, strict=True)]


def _run_job(job: Job, schedule: Schedule, folder: Path) -> Part:
    return train_head(job.head, job.loss, job.seed, _open(folder), job.rate, schedule).to_json()


@functools.lru_cache(maxsize=1)
def _open(folder: Path) -> Stores:
    stores = read_stores(folder)
    assert stores is not None  # the process that started this one has just read them
    return stores
