"""Which tracker of a checkout a name means."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.tracker_files import check_tracker, checkout_trackers


def test_files_that_are_no_parameters_are_not_listed(fake_checkout):
    parameters = fake_checkout.root / "pytracking/parameter"
    (parameters / "helpers").mkdir()
    (parameters / "helpers/common.py").write_text("")
    assert checkout_trackers(fake_checkout) == ["atom:default", "dimp:dimp18"]


@pytest.mark.parametrize(
    ("name", "param", "expected"),
    [
        ("dimp:dimp18", None, ("dimp", "dimp18")),
        ("dimp", "dimp18", ("dimp", "dimp18")),
        ("dimp", None, ("dimp", "dimp18")),
    ],
)
def test_a_parameter_file_may_stand_in_either_place_or_be_the_only_one(fake_checkout, name, param, expected):
    assert check_tracker(fake_checkout, name, param) == expected


def test_without_one_the_default_is_meant(fake_checkout):
    (fake_checkout.root / "pytracking/parameter/atom/fast.py").write_text("")
    assert check_tracker(fake_checkout, "atom", None) == ("atom", "default")
