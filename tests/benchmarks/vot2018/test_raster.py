"""Pixel-counted overlaps: hand-counted cases, a slow raster that follows the same words, and agreement of the paths."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.benchmarks.vot2018 import polygons
from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.raster import region_overlaps, vot_toolkit_overlaps

RULES = [region_overlaps, vot_toolkit_overlaps]


def quad(corners: np.ndarray) -> Regions:
    return Regions(np.asarray(corners, dtype=np.float64), np.zeros(len(corners), bool))


def random_regions(count: int, seed: int, size: float = 60.0) -> tuple[Regions, Regions]:
    random = np.random.default_rng(seed)
    first = random.uniform(0, size, (count, 4, 2))
    return quad(first), quad(first + random.normal(0, size / 12, first.shape))


def filled(corners: list[tuple[int, int]], lone: bool) -> set[tuple[int, int]]:
    """Pixels of an outline with whole corners, row by row as the module says, in plain Python."""
    pixels: set[tuple[int, int]] = set()
    for row in range(min(y for _, y in corners), max(y for _, y in corners) + 1):
        met = []
        for (x, y), (x2, y2) in zip(corners, corners[-1:] + corners[:-1], strict=True):
            if min(y, y2) <= row <= max(y, y2) and (y != y2 or lone):
                met.append(int(x + (row - y) / (y2 - y) * (x2 - x)) if y != y2 else x)
        met.sort()
        at = 0
        while at < len(met) - 1:
            if met[at] == met[at + 1] and (not lone or at < len(met) - 2):
                at += 1
                continue
            pixels |= {(column, row) for column in range(met[at], met[at + 1] + 1)}
            at += 2
    return pixels


def test_region_rule_counts_both_ends_of_a_rectangle() -> None:
    a, b = Regions.from_rows([[0, 0, 3, 3]]), Regions.from_rows([[2, 0, 3, 3]])
    assert region_overlaps(a, b)[0] == pytest.approx(8 / 24)  # 4 x 4 pixels each, columns 2 and 3 in common


def test_toolkit_rule_counts_as_many_pixels_as_the_width_says() -> None:
    a, b = Regions.from_rows([[0, 0, 3, 3]]), Regions.from_rows([[2, 0, 3, 3]])
    assert vot_toolkit_overlaps(a, b)[0] == pytest.approx(3 / 15)  # 3 x 3 pixels each, column 2 in common


def test_limits_cut_pixels() -> None:
    a, b = Regions.from_rows([[-4, 0, 8, 3]]), Regions.from_rows([[0, 0, 9, 3]])
    assert region_overlaps(a, b)[0] == pytest.approx(20 / (36 + 40 - 20))
    assert region_overlaps(a, b, np.array([[6.0, 6.0]]))[0] == pytest.approx(20 / 28)  # 5 and 7 columns remain


def test_halves_round_away_from_zero_in_one_rule_and_to_even_in_the_other() -> None:
    a, b = quad([[[0.5, 0], [4, 0], [4, 4], [0.5, 4]]]), quad([[[1, 0], [4, 0], [4, 4], [1, 4]]])
    assert region_overlaps(a, b)[0] == pytest.approx(1.0)  # 0.5 -> 1
    assert vot_toolkit_overlaps(a, b)[0] == pytest.approx(20 / 25)  # 0.5 -> 0


def test_two_points_are_equal_in_vot_toolkit_and_disjoint_in_the_region_rule() -> None:
    point = quad([[[5, 5]] * 4])
    assert vot_toolkit_overlaps(point, point).tolist() == [1.0]
    assert region_overlaps(point, point).tolist() == [0.0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_any_outline_counts_the_pixels_of_a_slow_raster(rule, seed: int) -> None:
    first, second = random_regions(80, seed, size=24)
    first, second = quad(np.round(first.corners)), quad(np.round(np.maximum(second.corners, 0)))
    fast = rule(first, second)
    for index, (a, b) in enumerate(zip(first.corners, second.corners, strict=True)):
        lone = rule is vot_toolkit_overlaps
        one, two = (filled([(int(x), int(y)) for x, y in corners], lone) for corners in (a, b))
        expected = len(one & two) / len(one | two) if one | two else 0.0
        assert fast[index] == pytest.approx(expected), (a, b)


@pytest.mark.parametrize("rule", RULES)
def test_overlap_is_symmetric_bounded_and_one_for_equal_regions(rule) -> None:
    first, second = random_regions(200, 9)
    forward = rule(first, second)
    np.testing.assert_array_equal(forward, rule(second, first))
    assert ((forward >= 0) & (forward <= 1)).all()
    boxes = Regions.from_rows([[3.2, 4.7, 20.1, 9.9], [0, 0, 5, 5]])
    np.testing.assert_array_equal(rule(boxes, boxes), 1.0)


@pytest.mark.parametrize("rule", RULES)
def test_shifting_by_whole_pixels_changes_nothing(rule) -> None:
    first, second = (quad(np.round(region.corners * 8) / 8 + 16) for region in random_regions(50, 11))
    moved = [quad(region.corners + np.array([64.0, 32.0])) for region in (first, second)]
    np.testing.assert_array_equal(rule(*moved), rule(first, second))


@pytest.mark.parametrize("rule", RULES)
def test_large_regions_approach_the_exact_overlap(rule) -> None:
    boxes = np.random.default_rng(3).uniform([0, 0, 300, 300], [200, 200, 600, 600], (30, 4))
    first, second = Regions.from_rows(boxes), Regions.from_rows(boxes[::-1])
    np.testing.assert_allclose(rule(first, second), polygons.overlaps(first, second), atol=0.006)


@pytest.mark.parametrize("rule", RULES)
def test_results_do_not_depend_on_how_many_frames_are_given(rule) -> None:
    first, second = random_regions(700, 13)
    together = rule(first, second)
    alone = [rule(first[i : i + 1], second[i : i + 1])[0] for i in range(0, 700, 50)]
    np.testing.assert_array_equal(together[::50], alone)


@pytest.mark.parametrize("rule", RULES)
def test_disjoint_empty_and_outside_regions_overlap_by_nothing(rule) -> None:
    first = Regions.from_rows([[0, 0, 5, 5], [0, 0, 0, 0], [200, 200, 9, 9], [-50, -50, 9, 9]])
    second = Regions.from_rows([[50, 50, 5, 5], [0, 0, 9, 9], [200, 200, 9, 9], [-50, -50, 9, 9]])
    limits = np.full((4, 2), 99.0)
    assert rule(first, second, limits).tolist() == [0, 0, 0, 0]
    assert len(rule(first[0:0], second[0:0], limits[0:0])) == 0
