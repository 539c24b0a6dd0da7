"""From result files to numbers: the product's scores, and what seeds and sequences together say of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any  # what JSON may hold

import cv2
import numpy as np

from experiments.common import rounded
from experiments.loss_ablation.tracks import Job
from experiments.real_data import BENCHMARK
from experiments.seed_statistics import compare_two_level, holm, mean_interval, two_level_interval
from siou_tracking.benchmarks import score
from siou_tracking.benchmarks.comparing.statistics import bootstrap
from siou_tracking.benchmarks.datasets.otb2015 import frame_ranges
from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence

METRICS = ("success_auc", "precision", "norm_precision")
"""OTB's, as fractions; the first one is compared."""
GOT10K = {"ao": "AO", "sr50": "SR0.5", "sr75": "SR0.75"}
OFFICIAL = "success_auc_of_otb2015"
"""Of the sequences that are OTB2015's, the first metric's mean."""
SECONDS = "training_seconds"
"""Of each seed, one core, the making of features left out."""
_WHOLLY_VISIBLE = 8
Numbers = dict[str, Any]


def score_job(job: Job) -> tuple[Score, dict[str, float]]:
    """OTB's score of one tracker, and GOT-10k's AO and success rates of the same files."""
    folder, sequences = job.parts.tracks / job.name, list(job.sequences)
    (otb,) = score(BENCHMARK, folder, sequences).values()
    (got10k,) = score("custom:got10k", folder, [as_got10k(one) for one in sequences]).values()
    return otb, {name: got10k.metrics[name] for name in GOT10K}


def as_got10k(sequence: AnnotatedSequence) -> AnnotatedSequence:
    """The sequence with what GOT-10k's protocol reads: the size of its pictures, and a target seen in every frame."""
    height, width = cv2.imread(str(sequence.frames[0])).shape[:2]
    cover = np.full(len(sequence), _WHOLLY_VISIBLE)
    return dataclasses.replace(sequence, cover=cover, resolution=(width, height))


def describe(jobs: Sequence[Job], baselines: Mapping[str, str]) -> Numbers:
    """All numbers of the study.

    Args:
        jobs: finished ones.
        baselines: family -> the loss that others are held against.

    Returns:
        "sequences": name -> frames; "untrained": tracker -> its numbers; "families": family -> loss -> its numbers.
    """
    scored = {job: score_job(job) for job in jobs}
    untrained = {job.family: describe_loss([scored[job]]) for job in jobs if job.loss is None}
    grouped: dict[str, dict[str, list[Job]]] = {}
    for job in sorted((job for job in jobs if job.loss is not None), key=lambda job: job.seed):
        grouped.setdefault(job.family, {}).setdefault(str(job.loss), []).append(job)
    families = {}
    for family, losses in grouped.items():
        families[family] = {
            loss: {**describe_loss([scored[job] for job in own]), **training_seconds(own)}
            for loss, own in losses.items()
        }
        hold_against(families[family], baselines[family])
    return {
        "benchmark": BENCHMARK,
        "protocol": next(iter(scored.values()))[0].protocol,
        "sequences": {one.name: len(one) for one in sorted(jobs[0].sequences, key=lambda one: one.name)},
        "untrained": untrained,
        "families": families,
    }


def describe_loss(runs: Sequence[tuple[Score, dict[str, float]]]) -> Numbers:
    """One loss over its seeds; an untrained tracker is one run.

    Returns:
        For each of `METRICS` "mean" and its intervals: "seeds" (Student's), "sequences" and "both"; "values" (seeds,
        sequences by name) of the first, and `OFFICIAL` (None where no sequence is); and the means of GOT-10k's metrics.
    """
    found: Numbers = {}
    for metric in METRICS:
        values = np.array([list(values_of(otb, metric).values()) for otb, _ in runs])
        seeds, both = mean_interval(values.mean(axis=1)), two_level_interval(values)
        sequences = bootstrap(values.mean(axis=0))
        found[metric] = {
            "mean": rounded([both.mean])[0],
            **{
                name: rounded([one.low, one.high])
                for name, one in (("seeds", seeds), ("sequences", sequences), ("both", both))
            },
        }
        if metric == METRICS[0]:
            found["values"] = [rounded(row) for row in values.tolist()]
            official = [name in frame_ranges() for name in values_of(runs[0][0], metric)]
            found[OFFICIAL] = rounded([values[:, official].mean()])[0] if any(official) else None
    return {**found, **{name: rounded([float(np.mean([own[name] for _, own in runs]))])[0] for name in GOT10K}}


def training_seconds(jobs: Sequence[Job]) -> Numbers:
    """`SECONDS` of those whose training's statistics are there; nothing where none is."""
    files = [job.parts.statistics(job.family, str(job.loss), job.seed) for job in jobs]
    epochs = [json.loads(file.read_text("utf-8"))["epochs"] for file in files if file.is_file()]
    return {SECONDS: rounded(sum(one["seconds"] for one in some) for some in epochs)} if epochs else {}


def values_of(one: Score, metric: str) -> dict[str, float]:
    """Sequence -> value, in the order of names, which is the same for every tracker."""
    return {name: one.per_sequence[name][metric] for name in sorted(one.per_sequence)}


def hold_against(losses: dict[str, Numbers], baseline: str) -> None:
    """Add "against": the difference of each loss to the baseline by seed and sequence, with Holm's correction."""
    reference = np.array(losses[baseline]["values"])
    others = {loss: np.array(one["values"]) for loss, one in losses.items() if loss != baseline}
    compared = {loss: compare_two_level(values, reference) for loss, values in others.items()}
    corrected = holm({loss: one.p_value for loss, one in compared.items()})
    for loss, one in compared.items():
        losses[loss]["against"] = {
            "baseline": baseline,
            **dict(zip(("difference", "low", "high"), rounded(dataclasses.astuple(one.difference)[:3]), strict=True)),
            "p_value": rounded([one.p_value])[0],
            "holm": rounded([corrected[loss]])[0],
        }
