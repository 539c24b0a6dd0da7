"""Curves against the plain definition: compare every frame with every threshold."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.benchmarks.one_pass import curves
from siou_tracking.benchmarks.registry import get_protocol

OFFICIAL = get_protocol("otb2015")
NEAR = [k / 20 for k in range(21)] + [k * 0.05 for k in range(21)] + list(np.nextafter(np.linspace(0, 1, 21), 2))
SHARES = st.lists(st.one_of(st.floats(-1, 2), st.sampled_from(NEAR), st.just(float("nan"))), min_size=1, max_size=60)


@given(SHARES, st.booleans(), st.integers(1, 4))
def test_success_counts_equal_comparing_each_frame(values: list[float], inclusive: bool, parts: int) -> None:
    overlaps, thresholds = np.array(values), np.linspace(0, 1, 21)
    lengths = np.array([len(part) for part in np.array_split(overlaps, parts) if len(part)])
    counts = curves.success_counts(overlaps, lengths, thresholds, inclusive)
    above = overlaps[:, None] >= thresholds if inclusive else overlaps[:, None] > thresholds
    assert np.array_equal(counts, [part.sum(0) for part in np.split(above, np.cumsum(lengths)[:-1])])


@given(
    st.lists(
        st.one_of(st.floats(-2, 60), st.integers(-1, 51).map(float), st.just(float("inf")), st.just(float("nan"))),
        min_size=1,
        max_size=60,
    )
)
def test_error_counts_equal_comparing_each_frame(values: list[float]) -> None:
    errors, thresholds = np.array(values), np.arange(51.0)
    counts = curves.error_counts(errors, np.array([len(errors)]), thresholds)
    assert np.array_equal(counts[0], (errors[:, None] <= thresholds).sum(0))


def test_a_frame_on_a_threshold_fails_strictly_and_passes_inclusively() -> None:
    half = np.array([0.5])
    strict, inclusive = (
        curves.success_counts(half, np.array([1]), np.linspace(0, 1, 21), rule) for rule in (False, True)
    )
    assert strict[0, 10] == 0 and strict[0, 9] == 1
    assert inclusive[0, 10] == 1 and inclusive[0, 11] == 0


@pytest.mark.parametrize(
    ("prediction", "truth", "iou"),
    [
        ([0, 0, 10, 10], [0, 0, 10, 10], 1.0),
        ([0, 0, 10, 10], [5, 0, 10, 10], 50 / 150),  # half shifted
        ([0, 0, 10, 10], [10, 0, 10, 10], 0.0),  # touching edges share no area
        ([2, 2, 4, 4], [0, 0, 8, 8], 16 / 64),  # inside
        ([0, 0, 1, 1], [1e6, 0, 1, 1], 0.0),
    ],
)
@pytest.mark.parametrize("last_pixel", ["x+w", "x+w-1"])
def test_overlap_by_hand_in_both_pixel_conventions(prediction: list, truth: list, iou: float, last_pixel: str) -> None:
    rules = dataclasses.replace(OFFICIAL, last_pixel=last_pixel)
    assert curves.overlap(np.array([prediction], float).T, np.array([truth], float).T, rules) == pytest.approx(
        iou, abs=0
    )


def test_two_boxes_without_area_have_no_overlap_to_speak_of() -> None:
    nothing = np.zeros((4, 1))
    assert np.isnan(curves.overlap(nothing, nothing, OFFICIAL))
    assert curves.overlap(nothing, nothing, get_protocol("got10k")) == 0


def test_center_error_is_in_pixels_and_normalized_error_in_box_sizes() -> None:
    prediction, truth = np.array([[3.0, 4, 10, 20]]).T, np.array([[0.0, 0, 10, 20]]).T
    a, b = curves.centers(prediction), curves.centers(truth)
    assert curves.center_error(a, b) == 5
    for benchmark, name in (
        ("lasot", "official"),
        ("lasot", "pysot"),
        ("lasot", "got10k"),
        ("trackingnet", "official"),
    ):
        error = curves.normalized_error(a, b, truth[2:], get_protocol(benchmark, name))
        assert error == pytest.approx(np.hypot(3 / 10, 4 / 20))


def test_clipping_keeps_the_width_of_a_box_that_begins_left_of_the_image() -> None:
    boxes = np.array([[-5.0, 10, 20, 20], [90, 90, 20, 20], [200, 0, 5, 5]])
    clipped = curves.clip_to_image(curves.planes(boxes), np.full((2, 3), 100.0))
    assert clipped.T.tolist() == [[0, 10, 20, 20], [90, 90, 10, 10], [100, 0, 0, 5]]
    assert boxes[0, 0] == -5, "the argument is left alone"


def test_numbers_of_a_curve() -> None:
    ramp = np.linspace(1, 0, 21)
    assert curves.number_of(ramp, "mean") == pytest.approx(0.5)
    assert curves.number_of(ramp, "area") == pytest.approx(0.5)
    step = np.array([1.0] + [0.0] * 20)
    assert curves.number_of(step, "mean") == pytest.approx(1 / 21)
    assert curves.number_of(step, "area") == pytest.approx(1 / 40)
    assert curves.number_of(np.arange(51.0), "at 20 px") == 20


@pytest.mark.filterwarnings("error")
def test_a_box_of_absurd_size_is_a_miss_without_a_warning() -> None:
    prediction, truth = curves.planes(np.full((1, 4), 1e300)), curves.planes(np.array([[1.0, 1.0, 20.0, 20.0]]))
    assert curves.overlap(prediction, truth, OFFICIAL).tolist() == [0]
    assert curves.center_error(curves.centers(prediction), curves.centers(truth)).tolist() == [np.inf]
