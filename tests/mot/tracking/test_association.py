"""Assignments equal the best of all partial matchings, found by trying them; costs equal their formulas."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from siou_tracking.mot.tracking.association import assign, cosine_cost, fuse_costs, iou_cost


def best_of_all(cost: np.ndarray, limit: float) -> float:
    """The least sum of (cost - limit) over every set of feasible pairs, no row or column twice."""
    rows, columns = cost.shape
    best = 0.0
    for count in range(1, min(rows, columns) + 1):
        for chosen in itertools.combinations(range(rows), count):
            for order in itertools.permutations(range(columns), count):
                pairs = cost[list(chosen), list(order)]
                if np.isfinite(pairs).all() and (pairs < limit).all():
                    best = min(best, float((pairs - limit).sum()))
    return best


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4, 2), (4, 4), (3, 5), (5, 4)])
@pytest.mark.parametrize("seed", range(12))
def test_the_matching_is_the_best_of_all_under_the_limit(shape: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, limit = rng.uniform(0, 1, shape), rng.uniform(0.1, 0.9)
    cost[rng.random(shape) < 0.25] = np.inf
    rows, columns = assign(cost, limit)
    assert len(set(rows.tolist())) == len(rows)
    assert len(set(columns.tolist())) == len(columns)
    assert (cost[rows, columns] < limit).all()
    assert (cost[rows, columns] - limit).sum() == pytest.approx(best_of_all(cost, limit), abs=1e-12)


def test_an_infeasible_pair_neither_happens_nor_moves_the_others() -> None:
    # A full assignment with a large number for the forbidden pair gives row 0 its second choice to save row 1.
    cost = np.array([[0.1, 0.3], [0.2, np.inf]])
    rows, columns = assign(cost, 0.25)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])
    for forbidden in (np.inf, np.nan, 1e300, 0.25):
        cost = np.array([[0.1, forbidden], [forbidden, forbidden]])
        rows, columns = assign(cost, 0.25)
        assert (rows.tolist(), columns.tolist()) == ([0], [0])


def test_costs_far_beyond_the_limit_do_not_blur_small_differences() -> None:
    cost = np.array([[0.1 + 1e-9, 0.1], [0.1, 1e12]])
    rows, columns = assign(cost, 0.5)
    assert dict(zip(rows.tolist(), columns.tolist(), strict=True)) == {0: 1, 1: 0}


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_match_is_no_pair(shape: tuple[int, int]) -> None:
    rows, columns = assign(np.zeros(shape), 1.0)
    assert rows.size == columns.size == 0


def test_a_permuted_cost_gives_the_permuted_pairs() -> None:
    rng = np.random.default_rng(3)
    cost = rng.uniform(0, 1, (8, 9))
    pairs = set(zip(*(index.tolist() for index in assign(cost, 0.6)), strict=True))
    rows, columns = rng.permutation(8), rng.permutation(9)
    got = assign(cost[np.ix_(rows, columns)], 0.6)
    assert {(int(rows[i]), int(columns[j])) for i, j in zip(*got, strict=True)} == pairs


def test_cosine_cost_is_0_for_the_same_1_for_orthogonal_2_for_opposite_vectors() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], np.float32)
    np.testing.assert_allclose(cosine_cost(vectors, vectors)[0], [0, 1, 2], atol=1e-7)


def test_iou_cost_of_two_boxes_is_one_minus_intersection_over_union() -> None:
    tracks = np.array([[0.0, 0.0, 10.0, 10.0]])
    boxes = np.array([[0.0, 0.0, 10.0, 10.0], [5.0, 0.0, 15.0, 10.0], [20.0, 0.0, 30.0, 10.0]], np.float32)
    np.testing.assert_allclose(iou_cost(tracks, boxes), [[0, 1 - 1 / 3, 1]], rtol=1e-12)


def test_the_fused_cost_weighs_all_three_and_forbids_what_is_beyond_the_gate() -> None:
    appearance, overlap = np.full((1, 4), 0.2), np.full((1, 4), 0.5)
    motion = np.array([[0.0, 5.0, 9.5, np.nan]])
    fused = fuse_costs(appearance, overlap, motion, 9.4877, overlap_weight=0.3, motion_weight=0.02)
    np.testing.assert_allclose(fused, [[0.68 * 0.2 + 0.15, 0.68 * 0.2 + 0.15 + 0.1, np.inf, np.inf]])
