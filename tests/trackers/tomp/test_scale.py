from __future__ import annotations

import pytest

from siou_tracking.trackers.tomp.scale import SearchScale


def test_before_the_first_find_a_miss_changes_nothing() -> None:
    scale = SearchScale(2.0)
    scale.miss()
    assert scale.value == 2.0


def test_lost_frames_look_further_and_further_back_among_larger_scales() -> None:
    scale = SearchScale(1.0)
    for seen in (8.0, 1.0, 6.0, 4.0, 3.0):
        scale.see(seen)
    assert scale.value == 3.0
    scale.miss()
    assert scale.value == pytest.approx((4 + 3) / 2)  # two at least
    scale.miss()
    assert scale.value == pytest.approx((4 + 3) / 2)
    scale.miss()
    assert scale.value == pytest.approx((6 + 4 + 3) / 3)  # not 1.0, which is smaller than the last
    scale.miss()
    scale.miss()
    assert scale.value == pytest.approx((8 + 6 + 4 + 3) / 4)  # there are no more


def test_misses_count_over_the_whole_sequence_and_old_scales_are_forgotten() -> None:
    scale = SearchScale(1.0)
    scale.see(100.0)
    for _ in range(60):
        scale.see(1.0)
    scale.miss()
    scale.see(1.0)
    for _ in range(40):
        scale.miss()
    assert scale.value == 1.0  # the 100 is 61 frames back
    assert len(scale._seen) == 60
