"""Repeated runs of one tracker in a result: what their mean is called, its spread, and what stands apart in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # what JSON may hold

_BY_TRACKER = ("trackers", "per_sequence", "per_attribute", "curves")


def tracker_label(result: Mapping[str, Any], tracker: str) -> str:
    """A tracker's name, for the mean of repeated runs with their number: "atom/default (5 runs)"."""
    runs = result.get("runs", {}).get(tracker)
    return tracker if runs is None else f"{tracker} ({runs['runs']} runs)"


def spread_of(result: Mapping[str, Any], tracker: str, metric: str) -> float | None:
    """Standard deviation over runs; None for a tracker that is not the mean of several."""
    runs = result.get("runs", {}).get(tracker, {})
    value: float | None = runs.get("standard_deviation", {}).get(metric)
    return value


def trackers_apart(result: Mapping[str, Any]) -> list[str]:
    """The trackers, of repeated runs the mean alone."""
    single = {run for runs in result.get("runs", {}).values() for run in runs["trackers"]}
    return [name for name in result["trackers"] if name not in single]


def without_single_runs(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of `trackers_apart`, for figures in which every run would be too much."""
    names = trackers_apart(result)
    parts = {part: {name: result[part][name] for name in names if name in result[part]} for part in _BY_TRACKER}
    return {**result, **parts}
