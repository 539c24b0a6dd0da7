"""From scores to numbers: what seeds and sequences together say of the losses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from experiments.common import rounded
from experiments.loss_ablation.jobs import Job
from experiments.loss_ablation.scoring import GOT10K, METRICS, SECONDS, Numbers
from experiments.real_data import BENCHMARK
from experiments.seed_statistics import compare_two_level, holm, mean_interval, two_level_interval
from siou_tracking.benchmarks.comparing.statistics import bootstrap
from siou_tracking.benchmarks.datasets.otb2015 import frame_ranges

OFFICIAL = "success_auc_of_otb2015"
"""Of the sequences that are OTB2015's, the first metric's mean."""


def describe(scored: Mapping[Job, Numbers], baselines: Mapping[str, str]) -> Numbers:
    """All numbers of the study.

    Args:
        scored: the scores of each tracker, see `score_job`.
        baselines: family -> the loss that others are held against.

    Returns:
        "sequences": name -> frames; "untrained": tracker -> its numbers; "families": family -> loss -> its numbers.
    """
    untrained = {job.family: describe_loss([one]) for job, one in scored.items() if job.loss is None}
    grouped: dict[str, dict[str, list[Numbers]]] = {}
    for job, one in sorted(scored.items(), key=lambda entry: entry[0].seed):
        if job.loss is not None:
            grouped.setdefault(job.family, {}).setdefault(job.loss, []).append(one)
    families = {}
    for family, losses in grouped.items():
        families[family] = {loss: describe_loss(runs) for loss, runs in losses.items()}
        hold_against(families[family], baselines[family])
    first = next(iter(scored))
    return {
        "benchmark": BENCHMARK,
        "protocol": scored[first]["protocol"],
        "sequences": {one.name: len(one) for one in sorted(first.sequences, key=lambda one: one.name)},
        "untrained": untrained,
        "families": families,
    }


def describe_loss(runs: Sequence[Numbers]) -> Numbers:
    """One loss over its seeds; an untrained tracker is one run.

    Returns:
        For each of `METRICS` "mean" and its intervals: "seeds" (Student's), "sequences" and "both"; "values" (seeds,
        sequences by name) of the first, and `OFFICIAL` (None where no sequence is); the means of GOT-10k's metrics;
        and `SECONDS` of those runs that know them.
    """
    found: Numbers = {}
    for metric in METRICS:
        values = np.array([list(run[metric].values()) for run in runs])
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
            official = [name in frame_ranges() for name in runs[0][metric]]
            found[OFFICIAL] = rounded([values[:, official].mean()])[0] if any(official) else None
    found |= {name: rounded([float(np.mean([run[name] for run in runs]))])[0] for name in GOT10K}
    seconds = rounded(run[SECONDS] for run in runs if run[SECONDS] is not None)
    return {**found, SECONDS: seconds} if seconds else found


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
