"""Four filters with two states are one with eight: compared with the textbook's equations, track by track."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from siou_tracking.mot.tracking import kalman
from tests.mot.tracking.textbook import TextbookFilter


def draw(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.uniform([-50, 0, 0.2, 20], [2000, 1000, 1.5, 400], (count, 4))


@pytest.mark.parametrize("seed", range(5))
def test_many_tracks_at_once_equal_the_textbook_filter_of_each(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = draw(rng, 7)
    ours, theirs = kalman.initiate(start), [TextbookFilter(row) for row in start]
    for _ in range(25):
        ours = kalman.predict(ours)
        for one in theirs:
            one.predict()
        candidates = draw(rng, 5)
        expected = [[one.distance(row) for row in candidates] for one in theirs]
        np.testing.assert_allclose(kalman.mahalanobis(ours, candidates), expected, rtol=1e-9)
        seen = rng.random(7) < 0.7
        measured = np.array([one.mean[:4] for one in theirs]) + rng.normal(0, [4, 4, 0.02, 4], (7, 4))
        ours[seen] = kalman.update(ours[seen], measured[seen])
        for one, row in zip(np.array(theirs)[seen], measured[seen], strict=True):
            one.update(row)
        np.testing.assert_allclose(ours[:, kalman.POSITION], [one.mean[:4] for one in theirs], rtol=1e-9)
        np.testing.assert_allclose(ours[:, kalman.VELOCITY], [one.mean[4:] for one in theirs], rtol=1e-7, atol=1e-9)
        for row, (one, corner) in {
            kalman.VARIANCE: (0, 0),
            kalman.COVARIANCE: (0, 4),
            kalman.VELOCITY_VARIANCE: (4, 4),
        }.items():
            blocks = [[track.covariance[one + i, corner + i] for i in range(4)] for track in theirs]
            np.testing.assert_allclose(ours[:, row], blocks, rtol=1e-7, atol=1e-12)
        for track in theirs:  # what makes the four filters exact
            mask = np.kron(np.ones((2, 2)), np.eye(4)) == 0
            assert np.abs(track.covariance[mask]).max() < 1e-9


def test_a_box_measured_and_read_back_is_the_same_box() -> None:
    boxes = np.array([[10.0, 20.0, 60.0, 140.0], [-30.5, -2.25, 4.5, 9.0]])
    np.testing.assert_allclose(kalman.boxes_of(kalman.initiate(kalman.measure_box(boxes))), boxes, rtol=1e-12)


def test_constant_velocity_is_learnt_and_extrapolated() -> None:
    path = np.array([[100 + 7.0 * t, 50 - 3.0 * t, 0.5, 80.0 + t] for t in range(60)])
    state = kalman.initiate(path[:1])
    for row in path[1:]:
        state = kalman.update(kalman.predict(state), row[None])
    for _ in range(10):
        state = kalman.predict(state)
    expected = path[-1] + 10 * np.array([7.0, -3.0, 0.0, 1.0])
    np.testing.assert_allclose(state[0, kalman.POSITION], expected, rtol=0.02)


def test_uncertainty_grows_without_and_shrinks_with_a_measurement() -> None:
    state = kalman.predict(kalman.initiate(np.array([[5.0, 6.0, 0.4, 50.0]])))
    later = kalman.predict(state)
    assert (later[:, kalman.VARIANCE] > state[:, kalman.VARIANCE]).all()
    seen = kalman.update(later, later[:, kalman.POSITION])
    assert (seen[:, kalman.VARIANCE] < later[:, kalman.VARIANCE]).all()


def test_heights_and_aspects_stay_positive_however_long_a_shrinking_track_is_predicted() -> None:
    state = kalman.initiate(np.array([[0.0, 0.0, 0.5, 10.0]]))
    state[0, kalman.VELOCITY] = [0.0, 0.0, -0.2, -4.0]
    for _ in range(20):
        state = kalman.predict(state)
        assert (state[0, kalman.POSITION, 2:] > 0).all()


def test_the_gate_is_the_quantile_it_says_and_keeps_that_share_of_true_matches() -> None:
    assert pytest.approx(chi2.ppf(0.95, 4), rel=1e-12) == kalman.CHI2_95
    rng = np.random.default_rng(0)
    state = kalman.predict(kalman.initiate(np.array([[300.0, 200.0, 0.4, 90.0]])))
    one = TextbookFilter(np.array([300.0, 200.0, 0.4, 90.0]))
    one.predict()
    drawn = rng.multivariate_normal(one.mean[:4], one.innovation(), 20000)
    share = (kalman.mahalanobis(state, drawn) <= kalman.CHI2_95).mean()
    assert share == pytest.approx(0.95, abs=0.006)


def test_no_track_and_no_measurement_are_fine() -> None:
    none = kalman.initiate(np.zeros((0, 4)))
    assert kalman.predict(none).shape == (0, 5, 4)
    assert kalman.update(none, np.zeros((0, 4))).shape == (0, 5, 4)
    assert kalman.boxes_of(none).shape == (0, 4)
    assert kalman.mahalanobis(none, np.ones((3, 4))).shape == (0, 3)
    assert kalman.mahalanobis(kalman.initiate(np.ones((2, 4))), np.zeros((0, 4))).shape == (2, 0)
