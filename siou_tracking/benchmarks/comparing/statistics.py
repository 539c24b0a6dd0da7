"""How sure a benchmark number is: resampling over sequences, the unit that is drawn at random when a set is collected,
and over runs, where a tracker was run repeatedly.

Frames of one sequence are alike, so intervals over frames would be far too narrow. Percentile bootstrap (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13); two trackers are compared on the same sequences, by the
bootstrap of the difference and by a sign-flip permutation test (no assumption but that the labels of the two trackers
could be exchanged within a sequence).

All runs of a tracker are on the same sequences, so the two are crossed, and each resample draws both, independently of
each other (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), 2007, which finds it mildly
conservative). Two trackers share the sequences of a resample; the runs of each are drawn for itself. Runs that are all
equal give what one of them gives. From two or three runs little can be learned of how runs differ, by any method.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from siou_tracking.benchmarks.scores import Score
from siou_tracking.errors import InputError

_BLOCK = 1000  # resamples at once: 1000 x 280 sequences are 2 MB


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean over sequences (and runs) and the interval it lies in at `level`."""

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
    runs: tuple[int, int] = (1, 1)
    """Runs of a and of b."""


def bootstrap(
    values: np.ndarray, level: float = 0.95, resamples: int = 10_000, seed: int = 0, weights: np.ndarray | None = None
) -> Interval:
    """Percentile interval of a mean over sequences; of several runs, of the mean over runs of that.

    Args:
        values: (n,) one number a sequence, or (runs, n).
        level: coverage, between 0 and 1.
        resamples: draws of n sequences, and of as many runs as there are, with replacement.
        seed: the same seed gives the same interval.
        weights: of the same shape, frames of each where the benchmark pools frames (GOT-10k), 0 where a run's mean
            leaves a sequence out; None for equal ones. The mean of a run over sequences that it all leaves out is 0, as
            its score is.

    Raises:
        InputError: no values, or values that are not finite.
    """
    values = _finite(values)
    weights = np.ones(values.shape) if weights is None else np.atleast_2d(np.asarray(weights, np.float64))
    runs = _Runs(len(values), seed, 1)
    means = [
        (_weighted_means(counts, values, weights) * runs.draw(len(counts))).sum(axis=1)
        for counts in _draw_sequences(values.shape[1], resamples, seed)
    ]
    mean = _weighted_means(np.ones((1, values.shape[1])), values, weights).mean()
    return _interval(float(mean), means, level)


def compare(a: np.ndarray, b: np.ndarray, level: float = 0.95, resamples: int = 10_000, seed: int = 0) -> Comparison:
    """Compare two trackers, of which either may have run repeatedly on the same sequences.

    The test asks how often luck alone makes as large a difference. On each sequence the trackers' means over runs may
    be exchanged (a sign flip); to that is added by how much drawing the runs anew moves the means, widened by
    sqrt(runs / (runs - 1)) because few runs spread less about their own mean than about the true one.

    Args:
        a, b: (n,) or (runs, n) values; the same n sequences in the same order, any number of runs of each.
        level, resamples, seed: as for `bootstrap`.

    Raises:
        InputError: different lengths, no values, or values that are not finite.
    """
    a, b = _finite(a), _finite(b)
    count = a.shape[1]
    if count != b.shape[1]:
        raise InputError(f"comparison: {count} and {b.shape[1]} sequences: expected the same ones for both trackers")
    of_a, of_b = _Runs(len(a), seed, 1), _Runs(len(b), seed, 2)
    means = [
        (counts * (of_a.draw(len(counts)) @ a - of_b.draw(len(counts)) @ b)).sum(axis=1) / count
        for counts in _draw_sequences(count, resamples, seed)
    ]
    difference = a.mean(axis=0) - b.mean(axis=0)
    interval = _interval(float(difference.mean()), means, level)
    p_value = _p_value(difference, a.sum(axis=1), -b.sum(axis=1), resamples, seed)
    return Comparison(interval, p_value, count, (len(a), len(b)))


def _p_value(difference: np.ndarray, of_a: np.ndarray, of_b: np.ndarray, resamples: int, seed: int) -> float:
    """Share of sums by luck that are as large as that of `difference` (n,), to which runs add `of_a` and `of_b`."""
    generator = np.random.default_rng(seed)
    observed, as_large = abs(difference.sum()), 0
    slack = 1e-12 * np.abs(difference).sum()  # sums that are equal but for rounding count as equal
    sides = [(_Runs(len(sums), seed, 3 + side), sums) for side, sums in enumerate((of_a, of_b)) if np.ptp(sums)]
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        by_luck = generator.choice((-1.0, 1.0), (size, len(difference))) @ difference
        for runs, sums in sides:
            by_luck += runs.draw(size) @ (sums - sums.mean()) * np.sqrt(len(sums) / (len(sums) - 1))
        as_large += int(np.count_nonzero(np.abs(by_luck) >= observed - slack))
    return (as_large + 1) / (resamples + 1)


class _Runs:
    """Draws of one tracker's runs, by a generator of its own: those of sequences do not depend on how many runs are."""

    def __init__(self, runs: int, seed: int, stream: int) -> None:
        self._runs, self._generator = runs, np.random.default_rng([seed, stream])

    def draw(self, size: int) -> np.ndarray:
        """(size, runs) share of each run in a resample; rows sum to 1."""
        counts = self._generator.multinomial(self._runs, np.full(self._runs, 1 / self._runs), size)
        shares: np.ndarray = counts / self._runs
        return shares


def _draw_sequences(count: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """(resamples of a block, n) how often each sequence was drawn."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        drawn = generator.integers(0, count, (size, count)) + count * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)


def _weighted_means(counts: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(resamples, runs) mean of each run over the sequences of each resample."""
    total = counts @ weights.T
    means: np.ndarray = np.divide(counts @ (values * weights).T, total, out=np.zeros(total.shape), where=total > 0)
    return means


def _interval(mean: float, means: Sequence[np.ndarray], level: float) -> Interval:
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high), level)


def compare_scores(
    a: Score, b: Score, metric: str, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Comparison:
    """`compare` two scores of one benchmark, of one run or of several each, on the sequences both have.

    Raises:
        InputError: other benchmarks or protocols, or no common sequence.
    """
    if (a.benchmark, a.protocol) != (b.benchmark, b.protocol):
        raise InputError(
            f"comparison: {a.tracker} was scored on {a.benchmark} ({a.protocol}), {b.tracker} on {b.benchmark} "
            f"({b.protocol}): expected one benchmark and protocol"
        )
    names = [name for name in a.per_sequence if name in b.per_sequence]
    of_a, of_b = (np.array([_per_sequence(run, metric, names) for run in one.runs or (one,)]) for one in (a, b))
    return compare(of_a, of_b, level, resamples, seed)


def _per_sequence(score: Score, metric: str, names: list[str]) -> list[float]:
    known = sorted({key for values in score.per_sequence.values() for key in values})
    if metric not in known:
        raise InputError(f"{score.tracker}: metric '{metric}': per sequence there are {', '.join(known)}")
    return [score.per_sequence[name][metric] for name in names]


def _finite(values: np.ndarray) -> np.ndarray:
    """(runs, n) float64; one run may be given as (n,)."""
    values = np.asarray(values, np.float64)
    if values.ndim not in (1, 2) or not values.size or not np.isfinite(values).all():
        raise InputError(
            f"statistics: got shape {values.shape}, expected one finite number a sequence, or a run and sequence"
        )
    return np.atleast_2d(values)
