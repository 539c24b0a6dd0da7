"""How sure a study's number is: over seeds, over seeds and sequences, and of many losses against one baseline.

(Not statistics.py: scripts that are started by their path have this folder first on Python's path, and would find that
file in the place of the standard library's.)

Two losses are compared seed by seed, because a seed gives both the same data in the same order. The test flips signs:
if the losses are alike, each seed's difference could as well have been the other way round. It assumes no normal
distribution, unlike t, and looks at sizes, unlike Wilcoxon's. Its price: of n seeds the least p-value is 2 / 2**n, so 5
seeds alone (0.0625) prove nothing, 10 survive Holm's correction for 25 losses (0.049), and 12 that for a hundred.

Seeds and sequences together are the product's own crossed bootstrap and test
(`siou_tracking.benchmarks.comparing.statistics`), with one thing added: resampling five seeds spreads less than five
seeds tell (where seeds alone vary, such 95 % intervals cover 84 %), so the seeds' means are first stretched about their
mean until that part of the interval is Student's. Where nothing but noise of single runs varies both remain too wide.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from siou_tracking.benchmarks.comparing.statistics import Comparison, Interval, bootstrap, compare
from siou_tracking.errors import InputError

EXACT_UP_TO = 12
"""Seeds of which all 2**n sign flips are counted; of more, `FLIPS` are drawn."""
FLIPS = 20_000


@dataclass(frozen=True)
class PairedTest:
    """Two losses over the same seeds."""

    difference: Interval
    """Mean of a - b with its t interval."""
    p_value: float
    """Two-sided; at least 2 / 2**pairs, or 1 / (`FLIPS` + 1) where flips were drawn."""
    pairs: int


def mean_interval(values: np.ndarray, level: float = 0.95) -> Interval:
    """The mean over seeds and its t interval; of one seed there is none, and the interval is infinite.

    Args:
        values: (n,) one finite number a seed.
        level: coverage, between 0 and 1.

    Raises:
        InputError: no values, or values that are not finite.
    """
    from scipy.stats import t

    values = _over_seeds(values)
    mean = float(values.mean())
    if len(values) == 1:
        return Interval(mean, -np.inf, np.inf, level)
    half = float(t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half, level)


def compare_paired(a: np.ndarray, b: np.ndarray, level: float = 0.95, seed: int = 0) -> PairedTest:
    """Sign-flip permutation test of two losses over seeds, exact for up to `EXACT_UP_TO` of them.

    Args:
        a, b: (n,) values of the same seeds in the same order.
        level: of the interval of the mean difference.
        seed: of the flips that are drawn.

    Raises:
        InputError: different lengths, no values, or values that are not finite.
    """
    a, b = _over_seeds(a), _over_seeds(b)
    if len(a) != len(b):
        raise InputError(f"paired test: {len(a)} and {len(b)} seeds: expected the same ones of both")
    difference = a - b
    exact = len(difference) <= EXACT_UP_TO
    if exact:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(difference))))
    else:
        signs = np.random.default_rng(seed).choice((-1.0, 1.0), (FLIPS, len(difference)))
    slack = 1e-12 * np.abs(difference).sum()  # sums that are equal but for rounding count as equal
    as_large = int(np.count_nonzero(np.abs(signs @ difference) >= abs(difference.sum()) - slack))
    p_value = as_large / len(signs) if exact else (as_large + 1) / (len(signs) + 1)
    return PairedTest(mean_interval(difference, level), p_value, len(difference))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down correction for having tested so many: p-values that can be held against one level.

    Args:
        p_values: name -> p, such as every loss against the baseline.

    Returns:
        Corrected p-values in the order given, at most 1.

    Source:
        Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
    """
    names = sorted(p_values, key=lambda name: p_values[name])
    scaled = [p_values[name] * (len(names) - rank) for rank, name in enumerate(names)]
    corrected = dict(zip(names, np.minimum(np.maximum.accumulate(scaled), 1).tolist(), strict=True)) if names else {}
    return {name: corrected[name] for name in p_values}


def two_level_interval(values: np.ndarray, level: float = 0.95, resamples: int = 10_000, seed: int = 0) -> Interval:
    """Interval of a mean over seeds and sequences, both drawn anew in each resample.

    Args:
        values: (seeds, sequences) finite numbers.
        level, resamples, seed: see `bootstrap`.
    """
    values = _over_both(values)
    seeds = len(values)
    return bootstrap(_stretch(values, level, np.sqrt(seeds / max(seeds - 1, 1))), level, resamples, seed)


def compare_two_level(
    a: np.ndarray, b: np.ndarray, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Comparison:
    """Two losses seed by seed and sequence by sequence: mean of a - b, its two-level interval and p-value.

    The test flips the sign of a sequence's difference, and adds by how much drawing the seeds anew moves the sum.

    Args:
        a, b: (seeds, sequences), the same ones in the same order.
        level, resamples, seed: see `compare`.

    Raises:
        InputError: different shapes, no values, or values that are not finite.
    """
    a, b = _over_both(a), _over_both(b)
    if a.shape != b.shape:
        raise InputError(f"paired test: shapes {a.shape} and {b.shape}: expected the same seeds and sequences of both")
    interval = two_level_interval(a - b, level, resamples, seed)
    stretched = _stretch(a - b, level)  # the test itself makes up for the lost degree of freedom
    return replace(compare(stretched, np.zeros(a.shape[1]), level, resamples, seed), difference=interval)


def _stretch(values: np.ndarray, level: float, factor: float = 1.0) -> np.ndarray:
    """(seeds, sequences) values whose seeds' means lie `factor` t / z times as far from the mean of all."""
    from scipy.stats import norm, t

    if len(values) == 1:
        return values
    factor *= t.ppf((1 + level) / 2, len(values) - 1) / norm.ppf((1 + level) / 2)
    means = values.mean(axis=1, keepdims=True)
    return values + (factor - 1) * (means - means.mean())


def _over_seeds(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise InputError(f"statistics: got shape {values.shape}, expected one finite number a seed")
    return values


def _over_both(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise InputError(f"statistics: got shape {values.shape}, expected a finite number for each seed and sequence")
    return values
