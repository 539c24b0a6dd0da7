"""Trackers side by side: scores, how sure they are, what is published, and what the ground truth itself would score."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from siou_tracking.benchmarks import Sequences, load_sequences
from siou_tracking.benchmarks.base import AnyBenchmark, Rules
from siou_tracking.benchmarks.comparing.published import Published, published
from siou_tracking.benchmarks.comparing.repeated_runs import add_means, spread_of_runs
from siou_tracking.benchmarks.comparing.statistics import Comparison, Interval, bootstrap, compare_scores
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.registry import check_experiment, get_benchmark, get_protocol
from siou_tracking.benchmarks.scores import Score, scores_to_json
from siou_tracking.errors import InputError
from siou_tracking.wording import listed

LEVEL = 0.95


@dataclasses.dataclass
class Scoreboard:
    """Scores of several trackers on the same sequences under one protocol.

    Repeated runs of one tracker have a score each, and a further one for their mean (see `repeated_runs`).
    """

    scores: dict[str, Score]
    intervals: dict[str, dict[str, Interval]]
    """Tracker -> metric -> interval over sequences, for the mean of repeated runs over sequences and runs; EAO, which
    pools segments of all sequences, has none."""
    comparison: dict[str, Comparison]
    """Metric -> the first tracker minus the second; empty unless there are exactly two, repeated runs being one."""
    published: dict[str, list[Published]]
    """Tracker -> what is published under its name."""
    ceiling: dict[str, float]
    """Metrics of the ground truth scored against itself on these sequences; empty where the protocol refuses it."""
    not_scored: dict[str, str] = dataclasses.field(default_factory=dict)
    """Trackers that could not be scored -> why, in one line."""
    passed_over: list[str] = dataclasses.field(default_factory=list)
    """What lies among the results and was not read, a line each."""

    def to_json(self) -> dict[str, Any]:  # Any: what JSON may hold
        """`scores_to_json` with intervals, comparison, published numbers and ceiling beside it."""
        first = next(iter(self.scores.values()))
        return {
            **scores_to_json(self.scores),
            "source": get_protocol(first.benchmark, first.protocol).source,
            "level": LEVEL,
            "intervals": {
                name: {metric: [interval.low, interval.high] for metric, interval in intervals.items()}
                for name, intervals in self.intervals.items()
            },
            "comparison": {
                metric: {
                    "difference": found.difference.mean,
                    "low": found.difference.low,
                    "high": found.difference.high,
                    "p_value": found.p_value,
                    "sequences": found.sequences,
                    "runs": list(found.runs),
                }
                for metric, found in self.comparison.items()
            },
            "compared": list(_apart(self.scores)) if self.comparison else [],
            "runs": {
                name: {
                    "runs": len(one.runs),
                    "trackers": [run.tracker for run in one.runs],
                    "standard_deviation": spread_of_runs(one),
                }
                for name, one in self.scores.items()
                if one.runs
            },
            "published": {
                name: [
                    {"tracker": one.tracker, "metric": one.metric, "value": one.value, "source": one.source}
                    for one in numbers
                ]
                for name, numbers in self.published.items()
            },
            "ceiling": self.ceiling,
            "not_scored": self.not_scored,
            "passed_over": self.passed_over,
        }


def make_scoreboard(
    benchmark: str,
    truth: str | os.PathLike[str],
    results: Iterable[str | os.PathLike[str]],
    protocol: str | None = None,
    split: str | None = None,
    experiment: str = "baseline",
    *,
    strict: bool = False,
) -> Scoreboard:
    """Score every tracker under the given paths; one that cannot be scored ends no other.

    Args:
        benchmark: lasot, got10k, trackingnet, otb2015 or vot2018.
        truth: data folder, or annotations alone.
        results: folders or archives of a tracker or of several. A tracker's name that occurs under two of them gets the
            path before it.
        protocol: whose rules; None for the official ones.
        split: of got10k and trackingnet.
        experiment: of vot2018.
        strict: doubts about a tracker's files are errors.

    Raises:
        InputError: unusable truth, a path that is not there, no tracker that can be scored (the first one's error), or,
            where `strict` is set, a tracker whose files are in doubt.
    """
    found = get_benchmark(benchmark)
    rules = found.get_protocol(protocol)  # a mistyped name is told before files are read
    check_experiment(found, experiment)
    paths = [Path(path) for path in results]
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
    sequences = load_sequences(benchmark, truth, split)
    every = _score_paths(paths, lambda path: found.score_trackers(path, sequences, rules, experiment))
    if not every:
        every.require_all()
    for label, one in every.items():
        if strict and one.doubts:
            raise InputError(f"{label}: {one.doubts[0]}")
    scores = add_means(
        {
            label: dataclasses.replace(one, tracker=label, notes=[*one.notes, *_left_out(found, one, rules)])
            for label, one in every.items()
        }
    )
    official = [name for name, one in scores.items() if one.expected]  # own data have no published numbers
    return Scoreboard(
        scores=scores,
        intervals={name: score_intervals(found, one, sequences, rules) for name, one in scores.items()},
        comparison=_comparison([*_apart(scores).values()]),
        published={name: numbers for name in official if (numbers := find_published(benchmark, name))},
        ceiling=score_ground_truth(benchmark, sequences, protocol),
        not_scored=every.failed,
        passed_over=every.passed_over,
    )


def _score_paths(paths: Iterable[Path], score: Callable[[Path], Found[Score]]) -> Found[Score]:
    """The trackers under all paths, each folder once; a name that occurs under two of them gets the path before it."""
    every: Found[Score] = Found({})
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            every.passed_over.append(f"{path}: given twice, counted once")
            continue
        seen.add(path.resolve())
        try:
            found = score(path)
        except InputError as error:
            every.failed[str(path)] = str(error)
            continue
        every.passed_over += found.passed_over
        for name in [*found, *found.failed]:
            place = path.resolve() / name if (path / name).exists() else path.resolve()
            if place != path.resolve() and place in seen:
                every.passed_over.append(f"{path}: {name}: given twice, counted once")
                continue
            seen.add(place)
            label = name if name not in every and name not in every.failed else f"{path}:{name}"
            if name in found:
                every[label] = found[name]
            else:
                every.failed[label] = found.failed[name]
    return every


def score_intervals(benchmark: AnyBenchmark, one: Score, sequences: Sequences, rules: Rules) -> dict[str, Interval]:
    """Metric -> bootstrap interval over the sequences of one score, weighted as the benchmark's mean is."""
    weights = {each.name: benchmark.weigh(each) for each in sequences if each.name in one.per_sequence}
    runs = one.runs or (one,)
    left_out = [set(benchmark.find_left_out(run, rules)) for run in runs]
    found = {}
    for metric in one.metrics:
        omitted = left_out if metric == "success_auc" else [set[str]()] * len(runs)
        everywhere = set.intersection(*omitted)
        names = [name for name, values in one.per_sequence.items() if metric in values and name not in everywhere]
        if names:
            values = np.array([[run.per_sequence[name][metric] for name in names] for run in runs])
            counted = np.array([[weights[name] * (name not in out) for name in names] for out in omitted])
            found[metric] = bootstrap(values, LEVEL, weights=counted)
    return found


def _apart(scores: dict[str, Score]) -> dict[str, Score]:
    """What is compared: the trackers, of repeated runs the mean alone."""
    single = {run.tracker for one in scores.values() for run in one.runs}
    return {name: one for name, one in scores.items() if name not in single}


def _left_out(benchmark: AnyBenchmark, one: Score, rules: Rules) -> list[str]:
    names = benchmark.find_left_out(one, rules)
    return [f"left out of the mean AUC, as in the toolkit, because it is 0: {listed(names)}"] if names else []


def _comparison(scores: list[Score]) -> dict[str, Comparison]:
    if len(scores) != 2:
        return {}
    first, second = scores
    per_sequence = {metric for values in first.per_sequence.values() for metric in values}
    return {
        metric: compare_scores(first, second, metric, level=LEVEL) for metric in first.metrics if metric in per_sequence
    }


def find_published(benchmark: str, name: str) -> list[Published]:
    """Published numbers of the tracker that a result folder is named after.

    Args:
        benchmark: such as lasot.
        name: such as "DiMP-50", "dimp50" or pytracking's "dimp/dimp50_000" and "atom/default".
    """
    *folders, last = name.split("/")
    last = re.sub(r"_\d{3}$", "", last)
    meant = {_plain(name), _plain(last)}
    if folders and last == "default":
        meant.add(_plain(folders[-1]))
    return [number for number in published(benchmark) if _plain(number.tracker) in meant]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.lower())


def score_ground_truth(benchmark: str, sequences: Sequences, protocol: str | None = None) -> dict[str, float]:
    """What a perfect tracker gets on these sequences; empty where the protocol refuses a box of the ground truth."""
    found = get_benchmark(benchmark)
    try:
        sequences = found.identify(sequences).sequences
        truth = found.truth_as_results(sequences)
        return found.score(truth, sequences, found.get_protocol(protocol), "ground truth").metrics
    except InputError:
        return {}
