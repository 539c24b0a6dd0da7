"""Trackers trained and run over the test sequences by the product: a file of boxes a sequence, and their scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from experiments.loss_ablation.jobs import Job
from experiments.loss_ablation.scoring import Numbers, score_job
from experiments.loss_ablation.trainings import train_one
from experiments.parts import Unit, read_part, run_units
from experiments.real_data import BENCHMARK
from siou_tracking.benchmarks.running.record import join_run, make_record
from siou_tracking.benchmarks.running.runner import SequenceRunner, is_finished


def run_job(job: Job) -> Numbers:
    """Train, unless that was done, track what has no result yet, and score.

    Raises:
        InputError: a training or a sequence that fails, or results of another training under the tracker's name.
    """
    if job.count_missing():
        weights = None if job.loss is None else train_one(job.plan, job.parts, job.family, job.loss, job.seed)
        settings = job.settings(weights)
        join_run(settings.folder, make_record(BENCHMARK, settings.tracker, settings.param, weights, settings.seed))
        runner = SequenceRunner(settings)
        for one in job.sequences:
            if not is_finished(settings, one):
                runner(one, lambda frames: None)
    return score_job(job)


def run_all(jobs: Sequence[Job], scores: Path, workers: int | None) -> dict[Job, Numbers]:
    """The scores of every tracker, made where they are not there; see `score_job`.

    A family's very first is made alone, for it makes the features that all share.

    Args:
        jobs: of one plan and the same sequences.
        scores: folder of a small file for each tracker. With it a study goes on where its parts are gone.
        workers: processes; None for one a core.
    """
    units = {job: Unit(scores / f"{job.name}.json", made_from(job), (job,)) for job in jobs}
    begun = {job.family for job, unit in units.items() if read_part(unit) or not job.count_missing()}
    new = [job for job in reversed(jobs) if job.loss is not None and job.family not in begun]
    first = {job.family: units[job] for job in new}
    run_units(run_job, list(first.values()), 1, "first trackers", "tracker")
    return dict(zip(jobs, run_units(run_job, list(units.values()), workers, "trackers", "tracker"), strict=True))


def made_from(job: Job) -> dict[str, object]:
    """What a tracker's scores depend on beside its name."""
    return {"plan": dataclasses.asdict(job.plan), "frames": {one.name: len(one) for one in job.sequences}}
