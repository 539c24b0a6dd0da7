"""Exact areas of quadrilaterals against arithmetic by hand, a fine raster, and shapely where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.benchmarks.vot2018.polygons import (
    Regions,
    area_preserving_boxes,
    areas,
    box_corners,
    enclosing_boxes,
    intersection_areas,
    is_convex,
    overlaps,
)
from siou_tracking.errors import InputError

SQUARE = [0, 0, 4, 0, 4, 4, 0, 4]
DIAMOND = [2, 0, 4, 2, 2, 4, 0, 2]
BOW_TIE = [0, 0, 4, 4, 4, 0, 0, 4]  # two triangles of area 4 that meet in (2, 2)
ARROW = [0, 0, 4, 2, 0, 4, 1, 2]  # the last corner points inwards: 8 - 2
FLAT = [0, 0, 2, 0, 4, 0, 1, 0]


def quads(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float64).reshape(-1, 4, 2)


def random_quads(count: int, seed: int) -> np.ndarray:
    """Any four corners: convex, dented and self-crossing ones, in both directions."""
    return np.random.default_rng(seed).uniform(0, 10, (count, 4, 2))


def even_odd(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points an even-odd fill of one outline paints."""
    inside = np.zeros(x.shape, bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, 0), strict=True):
        crosses = (y1 > y) != (y2 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return inside


@pytest.mark.parametrize(
    ("corners", "area"),
    [(SQUARE, 16.0), (SQUARE[::-1], 16.0), (DIAMOND, 8.0), (BOW_TIE, 8.0), (ARROW, 6.0), (FLAT, 0.0)],
)
def test_area_is_what_an_even_odd_fill_paints(corners: list[float], area: float) -> None:
    assert areas(quads(corners))[0] == pytest.approx(area)


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        (SQUARE, [2, 2, 6, 2, 6, 6, 2, 6], 4.0),
        (SQUARE, DIAMOND, 8.0),  # inside
        (SQUARE, [4, 0, 8, 0, 8, 4, 4, 4], 0.0),  # a shared side
        (SQUARE, [4, 4, 8, 4, 8, 8, 4, 8], 0.0),  # a shared corner
        (SQUARE, [9, 9, 10, 9, 10, 10, 9, 10], 0.0),  # apart
        (SQUARE, BOW_TIE, 8.0),
        (ARROW, [0, 0, 1, 0, 1, 4, 0, 4], 1.5),  # up to x = 1, y from x / 2 to 2 x, and its mirror image
        (FLAT, SQUARE, 0.0),
    ],
)
def test_common_area_matches_arithmetic_by_hand(first: list[float], second: list[float], common: float) -> None:
    assert intersection_areas(quads(first), quads(second))[0] == pytest.approx(common)
    assert intersection_areas(quads(second), quads(first))[0] == pytest.approx(common)


def test_limits_cut_the_counted_area() -> None:
    a, b = Regions.from_rows([[-2, -2, 8, 8]]), Regions.from_rows([[0, 0, 10, 10]])
    assert areas(a.corners, np.array([[4.0, 3.0]]))[0] == pytest.approx(12)
    assert overlaps(a, b)[0] == pytest.approx(36 / (64 + 100 - 36))
    assert overlaps(a, b, np.array([[8.0, 8.0]]))[0] == pytest.approx(36 / 64)  # a is 6 x 6 and b 8 x 8 inside


def test_areas_agree_with_a_fine_raster_for_any_corners() -> None:
    first, second = random_quads(60, 1), random_quads(60, 2)
    y, x = np.mgrid[0:10:400j, 0:10:400j] + 0.0125
    exact, common = areas(first), intersection_areas(first, second)
    for index in range(len(first)):
        a, b = even_odd(first[index], x, y), even_odd(second[index], x, y)
        assert exact[index] == pytest.approx(a.mean() * 100, abs=0.6)
        assert common[index] == pytest.approx((a & b).mean() * 100, abs=0.6)


def test_areas_agree_with_shapely() -> None:
    shapely = pytest.importorskip("shapely")
    first, second = random_quads(500, 3), random_quads(500, 4)
    convex = is_convex(first) & is_convex(second)
    a, b = shapely.polygons(first[convex]), shapely.polygons(second[convex])
    assert convex.sum() > 20
    np.testing.assert_allclose(areas(first[convex]), shapely.area(a), atol=1e-9)
    common = shapely.area(shapely.intersection(a, b))
    np.testing.assert_allclose(intersection_areas(first[convex], second[convex]), common, atol=1e-9)
    limits = np.full((convex.sum(), 2), 6.0)
    image = shapely.box(0, 0, 6, 6)
    inside = shapely.area(shapely.intersection(shapely.intersection(a, b), image))
    np.testing.assert_allclose(intersection_areas(first[convex], second[convex], limits), inside, atol=1e-9)


def test_overlap_is_symmetric_bounded_and_one_for_equal_regions() -> None:
    first, second = random_quads(300, 5), random_quads(300, 6)
    one = Regions(first, np.zeros(300, bool))
    two = Regions(second, np.zeros(300, bool))
    forward, backward = overlaps(one, two), overlaps(two, one)
    np.testing.assert_allclose(forward, backward, atol=1e-12)
    assert ((forward >= 0) & (forward <= 1)).all()
    np.testing.assert_allclose(overlaps(one, one), 1.0, atol=1e-9)


def test_overlap_ignores_direction_and_first_corner() -> None:
    first, second = random_quads(100, 7), random_quads(100, 8)
    plain = intersection_areas(first, second)
    np.testing.assert_allclose(intersection_areas(first[:, ::-1], second), plain, atol=1e-9)
    np.testing.assert_allclose(intersection_areas(np.roll(first, 1, 1), second), plain, atol=1e-9)


def test_overlap_does_not_lose_digits_far_from_the_origin() -> None:
    near = overlaps(Regions.from_rows([SQUARE]), Regions.from_rows([DIAMOND]))
    shifted = [Regions.from_rows([[value + 1e6 for value in row]]) for row in (SQUARE, DIAMOND)]
    np.testing.assert_allclose(overlaps(*shifted), near, rtol=1e-9)


def test_convex_is_told_from_dented_and_crossing() -> None:
    assert is_convex(quads(SQUARE, SQUARE[::-1], DIAMOND, FLAT, ARROW, BOW_TIE)).tolist() == [True] * 4 + [False] * 2


def test_boxes_around_a_polygon() -> None:
    corners = quads(DIAMOND)
    assert enclosing_boxes(corners)[0].tolist() == [0, 0, 4, 4]
    x, y, w, h = area_preserving_boxes(corners)[0]
    assert w * h == pytest.approx(8) and (x + w / 2, y + h / 2) == (2, 2)
    np.testing.assert_allclose(enclosing_boxes(box_corners(np.array([[1.0, 2, 3, 4]]))), [[1, 2, 3, 4]])


def test_rows_of_four_and_eight_numbers_mix() -> None:
    regions = Regions.from_rows([[1, 2, 3, 4], SQUARE])
    assert regions.rectangle.tolist() == [True, False]
    assert regions.corners[0].tolist() == [[1, 2], [4, 2], [4, 6], [1, 6]]


@pytest.mark.parametrize(
    ("row", "said"), [([1, 2, 3], "got 3 numbers"), ([1, 2, 3, float("nan")], "finite"), ([1.0] * 10, "got 10 numbers")]
)
def test_a_row_that_is_no_region_is_refused_by_number(row: list[float], said: str) -> None:
    with pytest.raises(InputError, match=rf"somewhere: row 2: .*{said}|somewhere: row 2: got .*{said}"):
        Regions.from_rows([[0, 0, 1, 1], row], "somewhere")


def test_no_regions_give_no_overlaps() -> None:
    none = Regions.from_rows([])
    assert overlaps(none, none, np.empty((0, 2))).shape == (0,)
