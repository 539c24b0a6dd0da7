"""Track sequences with the trained networks and score what came out by the benchmark's own protocol."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks import score
from siou_tracking.benchmarks.comparing.repeated_runs import mean_of_runs
from siou_tracking.benchmarks.comparing.scoreboard import score_intervals
from siou_tracking.benchmarks.comparing.statistics import compare_scores
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence as Clip
from siou_tracking.files import write_text
from siou_tracking.quickstart.jobs import run_keyed_jobs


@dataclasses.dataclass
class Tracked:
    """What one tracker did on one set of sequences."""

    boxes: dict[str, np.ndarray]
    """Sequence name -> (n, 4) xywh boxes, pixels; the first row is the given box."""
    seconds: dict[str, np.ndarray]
    """Sequence name -> (n,) seconds per frame; the first is the initialization."""

    @property
    def frames_per_second(self) -> float:
        """Tracked frames over the time they took; the initialization is not a tracked frame."""
        times = np.concatenate([seconds[1:] for seconds in self.seconds.values()])
        return float(len(times) / times.sum())


def track_clips(
    clips: Sequence[Clip],
    weights: Mapping[str, Path | None],
    seed: int,
    workers: int | None = None,
    tracker: str = "atom:lite",
) -> dict[str, Tracked]:
    """Run one tracker per entry of `weights` over all sequences, a sequence a job, on all cores.

    Args:
        clips: what to track.
        weights: result name -> checkpoint for `tracker`; None is the static box.
        seed: of the trackers' own random draws, the same for each.
        workers: processes; None for one a core, 1 to stay in this one.
        tracker: what `build_tracker` makes of a checkpoint.
    """
    jobs = {
        (name, clip.name): (clip.frames, clip.ground_truth[0], tracker if path else "static", path, seed)
        for name, path in weights.items()
        for clip in clips
    }
    tracked = {name: Tracked({}, {}) for name in weights}
    for (name, clip), (boxes, seconds) in run_keyed_jobs(_track_clip, jobs, "tracking", "sequence", workers).items():
        tracked[name].boxes[clip], tracked[name].seconds[clip] = boxes, seconds
    return tracked


def _track_clip(
    frames: Sequence[Path], first_box: np.ndarray, name: str, checkpoint: Path | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    from siou_tracking.ltr.data.image_loader import default_image_loader
    from siou_tracking.trackers import build_tracker
    from siou_tracking.trackers.follow import run_frames

    tracker = build_tracker(name, weights=checkpoint, seed=seed)
    return run_frames(tracker, (default_image_loader(path) for path in frames), first_box.tolist())


def score_all(
    benchmark: str, folder: Path, clips: Sequence[Clip], tracked: Mapping[str, Tracked]
) -> tuple[dict[str, Score], dict[str, dict[str, float]]]:
    """Write the results as `folder/<tracker>/<sequence>.txt` and score them.

    Args:
        benchmark: whose protocol holds, such as "got10k".
        folder: for the result files, x,y,w,h in pixels, one frame a line.
        clips: the sequences that were tracked.
        tracked: tracker name -> its boxes.

    Returns:
        tracker -> its score, and tracker -> the protocol's metrics with `box_error` and `fps` beside them.
    """
    for name, one in tracked.items():
        for clip, boxes in one.boxes.items():
            lines = (",".join(f"{value:.4f}" for value in row) for row in boxes)
            write_text(folder / name / f"{clip}.txt", "\n".join(lines) + "\n")
    found = score(benchmark, folder, list(clips))
    scores = {name: found[name] for name in tracked}
    metrics = {
        name: {**scores[name].metrics, "box_error": box_error(clips, one), "fps": one.frames_per_second}
        for name, one in tracked.items()
    }
    for name in metrics.keys() & {"static"}:
        del metrics[name]["fps"]  # it computes nothing
    return scores, metrics


def join_seeds(
    scores: Mapping[str, Score], metrics: Mapping[str, Mapping[str, float]], seeds: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Score], dict[str, dict[str, float]]]:
    """What a tracker reached, as the mean over its trainings from several seeds.

    Args:
        scores, metrics: of each training, see `score_all`.
        seeds: tracker -> its trainings; one, or several of the same metrics.

    Returns:
        Tracker -> its score, which holds those of its `runs`, and tracker -> its metrics.
    """
    joined = {
        tracker: scores[runs[0]] if len(runs) == 1 else mean_of_runs(tracker, [scores[run] for run in runs])
        for tracker, runs in seeds.items()
    }
    means = {
        tracker: {key: float(np.mean([metrics[run][key] for run in runs])) for key in metrics[runs[0]]}
        for tracker, runs in seeds.items()
    }
    return joined, means


def certainty(
    benchmark: str, clips: Sequence[Clip], scores: Mapping[str, Score], pair: tuple[str, str]
) -> dict[str, Any]:
    """How far other sequences of the kind, and other seeds where a score is of several, might move what was scored.

    Args:
        benchmark: whose protocol holds.
        clips: what was tracked.
        scores: tracker -> its score.
        pair: two of the trackers, whose first is subtracted from the second on the same sequences.

    Returns:
        "intervals": tracker -> metric -> [low, high], and "difference": first - second, the two trackers' names with
        metric, value, low, high and p_value of the benchmark's first metric per sequence, and how many sequences and
        seeds it is over.
    """
    found = get_benchmark(benchmark)
    intervals = {
        name: {
            metric: [one.low, one.high]
            for metric, one in score_intervals(found, score, list(clips), found.get_protocol(score.protocol)).items()
        }
        for name, score in scores.items()
    }
    metric = next(iter(next(iter(intervals.values()))))
    compared = compare_scores(scores[pair[1]], scores[pair[0]], metric)
    gap = compared.difference
    difference = {
        "first": pair[1],
        "second": pair[0],
        "metric": metric,
        "value": gap.mean,
        "low": gap.low,
        "high": gap.high,
        "p_value": compared.p_value,
        "sequences": compared.sequences,
        "seeds": min(compared.runs),
    }
    return {"intervals": intervals, "difference": difference}


def box_error(clips: Sequence[Clip], tracked: Tracked) -> float:
    """Mean error of the box's four edges over all frames after the first, as a share of the target's size.

    Per frame: the mean over left, top, right and bottom of |predicted - true|, divided by sqrt(w * h) of the true box.
    Frames without a target do not count.
    """
    errors = []
    for clip in clips:
        truth, found = clip.ground_truth[1:], tracked.boxes[clip.name][1:]
        there = (truth[:, 2:] > 0).all(axis=1)
        truth, found = truth[there], found[there]
        near, far = found[:, :2] - truth[:, :2], (found[:, :2] + found[:, 2:]) - (truth[:, :2] + truth[:, 2:])
        errors.append(np.abs(np.hstack([near, far])).mean(axis=1) / np.sqrt(truth[:, 2] * truth[:, 3]))
    return float(np.concatenate(errors).mean())
