"""Track the held-out crowds with every network, by appearance and by overlap alone, and score what came out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks.comparing.statistics import compare
from siou_tracking.errors import InputError
from siou_tracking.quickstart.jobs import run_keyed_jobs

ASSOCIATION_TITLES = {"iou": "IoU tracker", "embedding": "embedding tracker"}
"""Association -> what a tracker with it is called; both take the same network's detections."""
DIMS = {"off": "no DIM", "det": "DM only", "id": "IM only", "both": "DIM"}
"""Mode of the DIM loss -> what a network trained with it is called."""
METRICS = ("hota", "deta", "assa", "mota", "idf1", "idsw")


def tracker_title(name: str) -> str:
    """What a tracker is called in tables; `name` is <mode>_<association>."""
    dim, _, association = name.partition("_")
    return f"{DIMS[dim]}, {ASSOCIATION_TITLES[association]}"


def track_crowds(
    checkpoints: Mapping[str, Path], split: Path, out: Path, workers: int | None = None
) -> dict[str, float]:
    """Track all sequences of `split` with each network and association, a tracker a job, each job on one core.

    Args:
        checkpoints: mode of the DIM loss -> network.
        split: folder of sequences.
        out: gets a folder <mode>_<association> of results for each.
        workers: processes; None for one a core, 1 to stay in this one.

    Returns:
        Tracker -> frames a second, reading the images included.
    """
    jobs = {}
    for dim, checkpoint in checkpoints.items():
        for association in ASSOCIATION_TITLES:
            name = f"{dim}_{association}"
            shutil.rmtree(out / name, ignore_errors=True)
            jobs[name] = checkpoint, split, out / name, association
    return run_keyed_jobs(track_one, jobs, "tracking", "tracker", workers)


def track_one(checkpoint: Path, data: Path, out: Path, association: str) -> float:
    """Track all sequences with one network, and return the frames a second.

    Raises:
        InputError: a sequence failed; names it.
    """
    from siou_tracking.mot.tracking.run import track_sequences

    report = track_sequences(checkpoint, data, out, association=association, device="cpu", quiet=True)
    for name, reason in report.failed.items():
        raise InputError(f"mot quickstart: {name}: {reason}")
    return float(report.frames_per_second or 0.0)


def comparisons(scores: Mapping[str, Any], metric: str = "hota") -> list[dict[str, Any]]:
    """What appearance adds to overlap with each network, and what each mode of DIM adds to none, by paired sequences.

    Args:
        scores: what `score_mot` returns for trackers called <mode>_<association>.
        metric: whose values per sequence are compared.

    Returns:
        A record a pair: first, second, metric, difference (mean of first - second over sequences), low, high,
        p_value, sequences.
    """
    dims = list(dict.fromkeys(name.partition("_")[0] for name in scores["trackers"]))
    pairs = [(f"{dim}_embedding", f"{dim}_iou") for dim in dims]
    pairs += [(f"{dim}_embedding", f"{dims[0]}_embedding") for dim in dims[1:]]
    found = []
    for first, second in pairs:
        result = compare(_per_sequence(scores, first, metric), _per_sequence(scores, second, metric))
        interval = result.difference
        found.append(
            {
                "first": first,
                "second": second,
                "metric": metric,
                "difference": interval.mean,
                "low": interval.low,
                "high": interval.high,
                "p_value": result.p_value,
                "sequences": result.sequences,
            }
        )
    return found


def _per_sequence(scores: Mapping[str, Any], name: str, metric: str) -> np.ndarray:
    return np.array([values[metric] for values in scores["trackers"][name]["per_sequence"].values()])
