"""Intervals cover what they claim, and a comparison of a tracker with itself finds nothing."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.benchmarks.comparing.statistics import bootstrap, compare, compare_scores
from siou_tracking.benchmarks.scores import Score
from siou_tracking.errors import InputError


def score(values: list[float], tracker: str = "a", protocol: str = "official") -> Score:
    per_sequence = {f"s{n}": {"success_auc": value} for n, value in enumerate(values)}
    return Score("otb2015", protocol, tracker, {"success_auc": np.mean(values)}, per_sequence, len(values), 100, 10)


def test_the_interval_is_that_of_the_normal_theory_for_many_sequences() -> None:
    values = np.random.default_rng(1).normal(0.6, 0.2, 400)
    interval = bootstrap(values)
    half = 1.96 * values.std() / 20
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.05 * half)


def test_intervals_cover_the_true_mean_about_as_often_as_they_claim() -> None:
    generator = np.random.default_rng(2)
    samples = generator.beta(4, 2, (200, 60))
    inside = [(bootstrap(sample, resamples=500)) for sample in samples]
    assert 0.89 <= np.mean([interval.low <= 4 / 6 <= interval.high for interval in inside]) <= 0.99


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.linspace(0, 1, 30)
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3) != bootstrap(values, seed=4)


def test_equal_values_have_no_width() -> None:
    interval = bootstrap(np.full(12, 0.25))
    assert interval.low == interval.mean == interval.high == 0.25


def test_weights_pool_frames() -> None:
    values, frames = np.array([1.0, 0.0]), np.array([10, 30])
    assert bootstrap(values, weights=frames).mean == 0.25


def test_a_tracker_does_not_differ_from_itself() -> None:
    values = np.random.default_rng(0).random(50)
    same = compare(values, values)
    assert same.p_value == 1 and same.difference.low == same.difference.high == 0


def test_a_constant_gain_is_found_and_a_gain_of_one_sequence_is_not() -> None:
    values = np.random.default_rng(0).random(40)
    assert compare(values + 0.02, values).p_value == pytest.approx(1 / 10_001)
    lucky = values.copy()
    lucky[7] += 0.5
    assert compare(lucky, values).p_value == 1


def test_the_p_value_is_the_exact_one_for_few_sequences() -> None:
    difference = np.array([3.0, 1.0, -2.0, 4.0])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T
    exact = (np.abs(signs @ difference) >= abs(difference.sum())).mean()
    assert compare(difference, np.zeros(4)).p_value == pytest.approx(exact, abs=0.02)


def test_scores_are_compared_on_their_common_sequences() -> None:
    a, b = score([0.5, 0.6, 0.7]), score([0.4, 0.5], "b")
    assert compare_scores(a, b, "success_auc").sequences == 2
    with pytest.raises(InputError, match="expected one benchmark and protocol"):
        compare_scores(a, score([0.4, 0.5], "b", "pysot"), "success_auc")
    with pytest.raises(InputError, match="metric 'eao': per sequence there are success_auc"):
        compare_scores(a, b, "eao")


@pytest.mark.parametrize("values", [[], [[]], [np.nan, 1], [[np.nan, 1]], [[[1.0]]]])
def test_what_has_no_mean_is_refused(values: list) -> None:
    with pytest.raises(InputError, match="one finite number a sequence"):
        bootstrap(np.array(values))
    with pytest.raises(InputError, match="expected the same ones"):
        compare(np.ones(2), np.ones(3))
