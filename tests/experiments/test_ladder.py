"""A ladder is climbed to its best rung, within its limits."""

from __future__ import annotations

import pytest

from experiments.ladder import climb_ladder, rung_step


def test_the_steps_are_three_rungs_a_hundredfold() -> None:
    assert [rung_step(rung) for rung in range(-4, 4)] == [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]


@pytest.mark.parametrize(
    ("best", "search", "found", "tried"),
    [
        (0, True, 0, [-1, 0, 1]),
        (3, True, 3, [-1, 0, 1, 2, 3, 4]),
        (-4, True, -2, [-2, -1, 0, 1]),
        (3, False, 1, [-1, 0, 1]),
    ],
)
def test_it_goes_on_while_its_end_is_best(best: int, search: bool, found: int, tried: list[int]) -> None:
    rung, reached = climb_ladder(lambda rung: -abs(rung - best), (-1, 1), (-2, 4), search)
    assert rung == found and sorted(reached) == tried


def test_of_equal_rungs_the_first_one_is_taken() -> None:
    assert climb_ladder(lambda rung: 0.0, (0, 2), (0, 2))[0] == 0
