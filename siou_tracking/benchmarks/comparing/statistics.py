"""How sure a benchmark number is: resampling over sequences, the unit that is drawn at random when a set is collected.

Frames of one sequence are alike, so intervals over frames would be far too narrow. Percentile bootstrap (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13); two trackers are compared on the same sequences, by the
bootstrap of the difference and by a sign-flip permutation test (no assumption but that the labels of the two trackers
could be exchanged within a sequence).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from siou_tracking.benchmarks.scores import Score
from siou_tracking.errors import InputError

_BLOCK = 1000  # resamples at once: 1000 x 280 sequences are 2 MB


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean over sequences and the interval it lies in at `level`."""

    mean: float
    low: float
    high: float
    level: float


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two trackers on the same sequences: mean of a - b, its interval, and the chance of as large a one by luck."""

    difference: Interval
    p_value: float
    """Two-sided sign-flip permutation test of "no difference"; at least 1 / (resamples + 1)."""
    sequences: int


def bootstrap(
    values: np.ndarray, level: float = 0.95, resamples: int = 10_000, seed: int = 0, weights: np.ndarray | None = None
) -> Interval:
    """Percentile interval of a mean over sequences.

    Args:
        values: (n,) one number a sequence.
        level: coverage, between 0 and 1.
        resamples: draws of n sequences with replacement.
        seed: the same seed gives the same interval.
        weights: (n,) frames of each, where the benchmark pools frames (GOT-10k); None for equal ones.

    Raises:
        InputError: no values, or values that are not finite.
    """
    values = _finite(values)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    generator = np.random.default_rng(seed)
    means = np.empty(resamples)
    for start in range(0, resamples, _BLOCK):
        drawn = generator.integers(0, len(values), (min(_BLOCK, resamples - start), len(values)))
        means[start : start + len(drawn)] = (values * weights)[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(np.average(values, weights=weights)), float(low), float(high), level)


def compare(a: np.ndarray, b: np.ndarray, level: float = 0.95, resamples: int = 10_000, seed: int = 0) -> Comparison:
    """Compare two trackers by one number a sequence, the same sequences in the same order.

    Args:
        a, b: (n,) values of the trackers.
        level, resamples, seed: as for `bootstrap`.

    Raises:
        InputError: different lengths, no values, or values that are not finite.
    """
    a, b = _finite(a), _finite(b)
    if len(a) != len(b):
        raise InputError(f"comparison: {len(a)} and {len(b)} sequences: expected the same ones for both trackers")
    difference = a - b
    generator = np.random.default_rng(seed)
    observed, as_large = abs(difference.sum()), 0
    slack = 1e-12 * np.abs(difference).sum()  # sums that are equal but for rounding count as equal
    for start in range(0, resamples, _BLOCK):
        signs = generator.choice((-1.0, 1.0), (min(_BLOCK, resamples - start), len(difference)))
        as_large += int(np.count_nonzero(np.abs(signs @ difference) >= observed - slack))
    return Comparison(bootstrap(difference, level, resamples, seed), (as_large + 1) / (resamples + 1), len(difference))


def compare_scores(
    a: Score, b: Score, metric: str, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Comparison:
    """`compare` two scores of one benchmark on the sequences both have.

    Raises:
        InputError: other benchmarks or protocols, or no common sequence.
    """
    if (a.benchmark, a.protocol) != (b.benchmark, b.protocol):
        raise InputError(
            f"comparison: {a.tracker} was scored on {a.benchmark} ({a.protocol}), {b.tracker} on {b.benchmark} "
            f"({b.protocol}): expected one benchmark and protocol"
        )
    names = [name for name in a.per_sequence if name in b.per_sequence]
    return compare(_per_sequence(a, metric, names), _per_sequence(b, metric, names), level, resamples, seed)


def _per_sequence(score: Score, metric: str, names: list[str]) -> np.ndarray:
    known = sorted({key for values in score.per_sequence.values() for key in values})
    if metric not in known:
        raise InputError(f"{score.tracker}: metric '{metric}': per sequence there are {', '.join(known)}")
    return np.array([score.per_sequence[name][metric] for name in names])


def _finite(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise InputError(f"statistics: got shape {values.shape}, expected one finite number a sequence")
    return values
