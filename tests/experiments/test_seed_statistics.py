"""Intervals and tests of studies, against scipy, closed forms and counting by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from experiments.seed_statistics import (
    FLIPS,
    compare_paired,
    compare_two_level,
    holm,
    mean_interval,
    two_level_interval,
)
from siou_tracking.errors import InputError


def crossed(rng: np.random.Generator, seeds: int, sequences: int, spreads: tuple[float, float, float]) -> np.ndarray:
    """Values with a seed's, a sequence's and their own part, of these standard deviations and mean 0."""
    of_seed, of_sequence, own = spreads
    return (
        rng.normal(0, of_seed, (seeds, 1))
        + rng.normal(0, of_sequence, (1, sequences))
        + rng.normal(0, own, (seeds, sequences))
    )


def test_the_interval_over_seeds_is_students() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 7)
    found = mean_interval(values, 0.9)
    low, high = stats.t.interval(0.9, 6, values.mean(), stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high))


def test_one_seed_has_no_interval() -> None:
    found = mean_interval(np.array([0.5]))
    assert found.mean == 0.5 and found.low == -np.inf and found.high == np.inf


def test_all_flips_of_three_seeds_are_counted_by_hand() -> None:
    found = compare_paired(np.array([0.3, 0.5, 0.4]), np.array([0.1, 0.4, 0.5]))  # differences .2, .1, -.1
    assert found.p_value == 6 / 8  # of the sums +-.4, +-.2, +-.2, 0 twice only 0 is smaller than the observed .2
    assert found.difference.mean == pytest.approx(0.2 / 3) and found.pairs == 3


@pytest.mark.parametrize("count", [5, 12, 13, 20])
def test_the_paired_test_is_scipys_permutation_test(count: int) -> None:
    rng = np.random.default_rng(count)
    a, b = rng.normal(0.03, 0.1, count), rng.normal(0, 0.1, count)
    told = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=2**13)
    assert compare_paired(a, b).p_value == pytest.approx(told.pvalue, abs=1e-12 if count <= 12 else 0.02)


def test_the_least_p_value_is_as_the_page_says() -> None:
    assert compare_paired(np.ones(5), np.zeros(5)).p_value == 2 / 2**5
    assert 25 * compare_paired(np.ones(10), np.zeros(10)).p_value < 0.05
    assert compare_paired(np.ones(30), np.zeros(30)).p_value == 1 / (FLIPS + 1)
    assert compare_paired(np.ones(6), np.ones(6)).p_value == 1


def test_holm_is_stepwise_and_keeps_the_order() -> None:
    assert holm({"a": 0.04, "b": 0.01, "c": 0.03}) == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})
    assert list(holm({"a": 0.04, "b": 0.01, "c": 0.03})) == ["a", "b", "c"]
    assert holm({"a": 0.9, "b": 0.7}) == {"a": 1, "b": 1}
    assert holm({}) == {}


def test_both_levels_are_in_the_interval() -> None:
    values = crossed(np.random.default_rng(1), 40, 60, (0.05, 0.2, 0.05))
    found = two_level_interval(values)
    spread_of_seeds, spread_of_sequences = values.mean(axis=1).std(), values.mean(axis=0).std()
    half = 1.96 * np.sqrt(spread_of_seeds**2 / 40 + spread_of_sequences**2 / 60)
    assert found.mean == pytest.approx(values.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.06)


def test_seeds_that_are_equal_add_nothing() -> None:
    values = np.random.default_rng(2).random((1, 20))
    one, five = two_level_interval(values), two_level_interval(np.repeat(values, 5, axis=0))
    assert (five.low, five.high) == pytest.approx((one.low, one.high))


def test_where_seeds_alone_vary_the_interval_is_students() -> None:
    of_seed = np.random.default_rng(6).normal(0.5, 0.05, 5)
    found, told = two_level_interval(np.repeat(of_seed[:, None], 20, axis=1)), mean_interval(of_seed)
    assert found.mean == pytest.approx(told.mean)
    assert found.high - found.low == pytest.approx(told.high - told.low, rel=0.1)


@pytest.mark.parametrize("spreads", [(0.02, 0.1, 0.05), (0.05, 0.05, 0.1), (0.1, 0.0, 0.0)])
def test_the_interval_of_five_seeds_and_twenty_sequences_covers(spreads: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(3)
    found = [two_level_interval(crossed(rng, 5, 20, spreads), resamples=500) for _ in range(200)]
    assert np.mean([one.low <= 0 <= one.high for one in found]) >= 0.88


def test_a_paired_difference_is_free_of_what_both_share() -> None:
    rng = np.random.default_rng(4)
    shared = crossed(rng, 5, 20, (0.1, 0.3, 0.1))
    a, b = shared + 0.02 + rng.normal(0, 0.005, (5, 20)), shared
    found = compare_two_level(a, b)
    assert found.difference.mean == pytest.approx((a - b).mean())
    assert 0.01 < found.difference.low < found.difference.mean < found.difference.high < 0.03
    assert found.p_value < 0.01
    assert compare_two_level(a, a).p_value == 1


def test_no_difference_is_seldom_found_where_there_is_none() -> None:
    rng = np.random.default_rng(5)
    none, drawn = np.zeros((5, 20)), (crossed(rng, 5, 20, (0.02, 0.05, 0.05)) for _ in range(200))
    assert np.mean([compare_two_level(values, none, resamples=400).p_value < 0.05 for values in drawn]) <= 0.09


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_interval(np.array([])), "one finite number a seed"),
        (lambda: mean_interval(np.array([0.1, np.nan])), "one finite number a seed"),
        (lambda: compare_paired(np.zeros(3), np.zeros(4)), "3 and 4 seeds"),
        (lambda: two_level_interval(np.zeros(3)), "each seed and sequence"),
        (lambda: compare_two_level(np.zeros((2, 3)), np.zeros((3, 3))), r"\(2, 3\) and \(3, 3\)"),
    ],
)
def test_what_cannot_be_compared_is_one_line(call: Callable[[], object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
