"""What one quickstart says about its two losses, in two lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.quickstart.table import metric_title

_LUCK = 0.05
"""A difference that luck makes as often as this, or whose 95% interval holds 0, is a tie."""


def verdict_lines(
    benchmark: str,
    metrics: Mapping[str, Mapping[str, float]],
    seeds: Mapping[str, Sequence[Mapping[str, float]]],
    certainty: Mapping[str, Any],
) -> list[str]:
    """Which loss is ahead, by how much and how surely; and whether the seeds agree well enough to ask.

    Args:
        benchmark: whose protocol holds.
        metrics: tracker -> metric -> value, "static" among them.
        seeds: loss -> the metrics of each of its trainings.
        certainty: see `evaluate.certainty`.
    """
    gap = certainty["difference"]
    name = metric_title(benchmark, gap["metric"])
    count = gap["seeds"]
    seeds_drawn = f"{count} seeds" if count > 1 else "one seed"
    drawn = f"over {seeds_drawn} and {gap['sequences']} sequences (p = {gap['p_value']:.2g})"
    return [_compare(gap, name, drawn), _relate(name, gap["metric"], metrics, seeds)]


def _compare(gap: Mapping[str, Any], name: str, drawn: str) -> str:
    value, low, high = gap["value"], gap["low"], gap["high"]
    if gap["p_value"] >= _LUCK or low <= 0 <= high:
        return f"a tie: {gap['first']} - {gap['second']} is {value:+.3f} {name} [{low:+.3f}, {high:+.3f}] {drawn}"
    ahead, behind = (gap["first"], gap["second"]) if value > 0 else (gap["second"], gap["first"])
    low, high = sorted((abs(low), abs(high)))
    return f"{ahead} is ahead of {behind} by {abs(value):.3f} {name} [{low:.3f}, {high:.3f}] {drawn}"


def _relate(
    name: str,
    metric: str,
    metrics: Mapping[str, Mapping[str, float]],
    seeds: Mapping[str, Sequence[Mapping[str, float]]],
) -> str:
    """How far a tracker is from no tracker, beside how far its seeds are from each other."""
    nearest = min(metrics[loss][metric] for loss in seeds) - metrics["static"][metric]
    if nearest <= 0:
        return f"a trained tracker is not above the static box ({nearest:+.3f} {name}): trained too little to compare"
    text = f"the trained trackers are {nearest:.3f} {name} or more above the static box"
    if min(map(len, seeds.values())) < 2:
        return f"{text}; how far seeds spread is not known from one"
    spread = max(float(np.std([one[metric] for one in runs], ddof=1)) for runs in seeds.values())
    agree = "less" if spread < nearest / 2 else "MORE"
    return f"{text}; seeds of one loss spread by {spread:.3f} (standard deviation), {agree} than half of that"
