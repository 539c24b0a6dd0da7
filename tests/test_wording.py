"""A few of many names, and ranges of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.wording import list_ranges, listed, unused_name


@pytest.mark.parametrize(("count", "words"), [(0, ""), (1, "a"), (2, "a, b"), (3, "a, b and 1 more")])
def test_the_first_names_are_listed_and_the_others_counted(count: int, words: str) -> None:
    assert listed(list("abc")[:count], 2) == words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([1], "1"), ([1, 2, 3], "1-3"), ([3, 5, 6], "3, 5-6"), ([1, 3, 5, 7, 8], "1, 3, 5 and 1 more"), ([0, 1], "0-1")],
)
def test_numbers_that_follow_each_other_are_one_range(numbers: list[int], words: str) -> None:
    assert list_ranges(numbers, 3) == list_ranges(np.array(numbers), 3) == words


def test_a_name_that_is_taken_is_numbered() -> None:
    assert unused_name("a", ()) == "a" and unused_name("a", ("a", "a (2)")) == "a (3)"
