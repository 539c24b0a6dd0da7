"""The score of one tracker on one benchmark, and its form in a file."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Curve:
    """Share of frames over a threshold, averaged as the protocol says."""

    thresholds: np.ndarray
    values: np.ndarray

    def to_json(self) -> dict[str, list[float]]:
        return {"thresholds": self.thresholds.tolist(), "values": self.values.tolist()}


def describe_coverage(sequences: int, expected: int) -> str:
    """How much of a benchmark numbers are about; a part of it is said in capitals, and own data are no part of it."""
    if not expected:
        return f"{sequences} sequence{'s' * (sequences != 1)}"
    return f"all {sequences} sequences" if sequences == expected else f"ONLY {sequences} of {expected} sequences"


@dataclasses.dataclass
class Score:
    """What one tracker reached on one benchmark under one protocol. All values are fractions, 0..1."""

    benchmark: str
    protocol: str
    tracker: str
    metrics: dict[str, float]
    per_sequence: dict[str, dict[str, float]]
    sequences: int
    """Sequences scored."""
    expected: int
    """Sequences the benchmark has; 0 where those scored are not the benchmark's (see `identity`)."""
    frames: int
    """Frames scored."""
    curves: dict[str, Curve] = dataclasses.field(default_factory=dict)
    per_attribute: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)
    """What a reader of the number must know: missing sequences, repaired rows, cut files."""
    doubts: list[str] = dataclasses.field(default_factory=list)
    """Those of the notes by which the files may not be results on these sequences at all."""
    runs: tuple[Score, ...] = ()
    """The scores of the repeated runs that this one is the mean of; empty for a single run."""

    def summary(self) -> str:
        """One line: tracker, metrics, protocol, and how much of the benchmark was scored."""
        values = "  ".join(f"{name} {value:.4f}" for name, value in self.metrics.items())
        return f"{self.tracker}: {values}  ({self.benchmark}, {self.protocol} protocol, {self.coverage()})"

    def coverage(self) -> str:
        own = "" if self.expected else "own data, "
        return own + describe_coverage(self.sequences, self.expected)


def scores_to_json(scores: dict[str, Score]) -> dict[str, Any]:  # Any: what JSON may hold
    """The content of `score --json`: metrics and per-sequence values by tracker name.

    Args:
        scores: tracker name -> its score, all of one benchmark and protocol.
    """
    from siou_tracking import __version__

    first = next(iter(scores.values()))
    return {
        "benchmark": first.benchmark,
        "protocol": first.protocol,
        "version": __version__,
        "sequences": first.sequences,
        "expected_sequences": first.expected,
        "frames": first.frames,
        "trackers": {name: score.metrics for name, score in scores.items()},
        "per_sequence": {name: score.per_sequence for name, score in scores.items()},
        "per_attribute": {name: score.per_attribute for name, score in scores.items()},
        "curves": {name: {k: c.to_json() for k, c in score.curves.items()} for name, score in scores.items()},
        "notes": {name: score.notes for name, score in scores.items()},
    }
