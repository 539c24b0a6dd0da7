"""The product's scores of one tracker's result files."""

from __future__ import annotations

import dataclasses
import json
from typing import Any  # what JSON may hold

import cv2
import numpy as np

from experiments.common import rounded
from experiments.loss_ablation.jobs import Job
from experiments.real_data import BENCHMARK
from siou_tracking.benchmarks import score
from siou_tracking.benchmarks.sequence import AnnotatedSequence

METRICS = ("success_auc", "precision", "norm_precision")
"""OTB's, as fractions; the first one is compared."""
GOT10K = {"ao": "AO", "sr50": "SR0.5", "sr75": "SR0.75"}
SECONDS = "training_seconds"
"""One core, the making of features left out."""
_WHOLLY_VISIBLE = 8
Numbers = dict[str, Any]


def score_job(job: Job) -> Numbers:
    """OTB's scores of one tracker, GOT-10k's of the same files, and how long its training took.

    Returns:
        "protocol"; each of `METRICS` by sequence, in the order of names; each of `GOT10K`; `SECONDS`, or None.
    """
    folder, sequences = job.parts.tracks / job.name, list(job.sequences)
    (otb,) = score(BENCHMARK, folder, sequences).values()
    (got10k,) = score("custom:got10k", folder, [as_got10k(one) for one in sequences]).values()
    names = sorted(otb.per_sequence)
    found = {metric: rounded(otb.per_sequence[name][metric] for name in names) for metric in METRICS}
    return {
        "protocol": otb.protocol,
        **{metric: dict(zip(names, values, strict=True)) for metric, values in found.items()},
        **dict(zip(GOT10K, rounded(got10k.metrics[name] for name in GOT10K), strict=True)),
        SECONDS: training_seconds(job),
    }


def training_seconds(job: Job) -> float | None:
    """`SECONDS`, where the statistics of the training are there."""
    file = None if job.loss is None else job.parts.statistics(job.family, job.loss, job.seed)
    if file is None or not file.is_file():
        return None
    return float(sum(one["seconds"] for one in json.loads(file.read_text("utf-8"))["epochs"]))


def as_got10k(sequence: AnnotatedSequence) -> AnnotatedSequence:
    """The sequence with what GOT-10k's protocol reads: the size of its pictures, and a target seen in every frame."""
    height, width = cv2.imread(str(sequence.frames[0])).shape[:2]
    cover = np.full(len(sequence), _WHOLLY_VISIBLE)
    return dataclasses.replace(sequence, cover=cover, resolution=(width, height))
