"""Runs of one tracker, saved as PyTracking saves them (`NAME_000`, `NAME_001` ...) or as MixFormer does (`NAME_0`,
`NAME_1` ...), and their mean.

PyTracking publishes the mean of the runs' curves, whose area is the mean of the runs' areas. So it is here, for every
metric, and the standard deviation over runs stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from siou_tracking.benchmarks.scores import Curve, Score

_RUN = re.compile(r"(.+)_(\d{3}|0|[1-9]\d?)")
_DIGITS = 3
_SMALL = 15  # run numbers up to here belong together whichever are missing; PyTracking runs VOT 15 times


def find_runs(names: Iterable[str]) -> dict[str, list[str]]:
    """NAME -> its runs `NAME_000`, `NAME_001` ... in order, for every NAME with two or more.

    Numbers that are far apart (`resnet_050`, `resnet_101`) are no numbers of runs: up to 015 any of them may be
    missing, of larger ones at least half must be there. Of `NAME_0`, `NAME_1` ... none may be missing, for shorter
    numbers mean other things as well (`resnet_18`, `resnet_50`); where both are there, those of three digits are meant.
    """
    found: dict[str, dict[bool, dict[int, str]]] = {}
    for name in names:
        if match := _RUN.fullmatch(name):
            found.setdefault(match[1], {}).setdefault(len(match[2]) == _DIGITS, {})[int(match[2])] = name
    groups = {name: _choose_runs(alike) for name, alike in sorted(found.items())}
    return {name: runs for name, runs in groups.items() if runs}


def _choose_runs(alike: Mapping[bool, Mapping[int, str]]) -> list[str]:
    """The runs in order, or none; given by number, those of three digits under True."""
    padded, short = sorted(alike.get(True, {})), sorted(alike.get(False, {}))
    if len(padded) > 1 and _are_run_numbers(padded):
        return [alike[True][number] for number in padded]
    if len(short) > 1 and short == list(range(len(short))):
        return [alike[False][number] for number in short]
    return []


def _are_run_numbers(numbers: Sequence[int]) -> bool:
    return numbers[-1] <= _SMALL or numbers[-1] - numbers[0] < 2 * len(numbers)


def add_means(scores: dict[str, Score]) -> dict[str, Score]:
    """The scores, and after each tracker's repeated runs their mean under the name that they share.

    Where another tracker has that name already, the mean is called `NAME (mean)`. Runs that were not scored on the same
    sequences have no mean.
    """
    groups = find_runs(scores)
    last = {runs[-1]: name for name, runs in groups.items()}
    order = [run for name in scores for run in _with_its_group(name, groups)]
    result: dict[str, Score] = {}
    for name in dict.fromkeys(order):
        result[name] = scores[name]
        if name in last:
            runs = [scores[run] for run in groups[last[name]]]
            if len({frozenset(run.per_sequence) for run in runs}) == 1:
                label = f"{last[name]} (mean)" if last[name] in scores else last[name]
                result[label] = mean_of_runs(label, runs)
    return result


def _with_its_group(name: str, groups: dict[str, list[str]]) -> list[str]:
    return next((runs for runs in groups.values() if name in runs), [name])


def mean_of_runs(name: str, runs: Sequence[Score]) -> Score:
    """The mean of two or more scores of one benchmark and protocol on the same sequences.

    Args:
        name: of the tracker.
        runs: its scores. A metric, curve or attribute that not all of them have is left out.
    """
    first = runs[0]
    names = ", ".join([first.tracker, *(f"_{run.tracker.rpartition('_')[2]}" for run in runs[1:])])
    return Score(
        benchmark=first.benchmark,
        protocol=first.protocol,
        tracker=name,
        metrics=_mean([run.metrics for run in runs]),
        per_sequence=_mean_rows([run.per_sequence for run in runs]),
        sequences=first.sequences,
        expected=first.expected,
        frames=first.frames,
        curves=_mean_curves([run.curves for run in runs]),
        per_attribute=_mean_rows([run.per_attribute for run in runs]),
        notes=[
            f"mean and standard deviation of {len(runs)} runs: {names}",
            *(note for note in first.notes if all(note in run.notes for run in runs)),
        ],
        runs=tuple(runs),
    )


def spread_of_runs(score: Score) -> dict[str, float]:
    """Metric -> standard deviation over a score's runs, of the sample (divided by runs - 1)."""
    return {
        metric: float(np.std([run.metrics[metric] - score.runs[0].metrics[metric] for run in score.runs], ddof=1))
        for metric in score.metrics  # differences of equal runs are exactly 0, those from a rounded mean need not be
    }


def _mean(tables: Sequence[dict[str, float]]) -> dict[str, float]:
    common = [key for key in tables[0] if all(key in table for table in tables)]
    return {key: float(np.mean([table[key] for table in tables])) for key in common}


def _mean_rows(tables: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    common = [row for row in tables[0] if all(row in table for table in tables)]
    return {row: _mean([table[row] for table in tables]) for row in common}


def _mean_curves(drawn: Sequence[dict[str, Curve]]) -> dict[str, Curve]:
    means = {}
    for name, curve in drawn[0].items():
        others = [curves[name] for curves in drawn if name in curves]
        length = min(len(other.thresholds) for other in others)  # VOT's curve ends with a tracker's longest run
        if len(others) == len(drawn) and all(
            np.array_equal(other.thresholds[:length], curve.thresholds[:length]) for other in others
        ):
            values = np.mean([other.values[:length] for other in others], axis=0)
            means[name] = Curve(curve.thresholds[:length], values)
    return means
