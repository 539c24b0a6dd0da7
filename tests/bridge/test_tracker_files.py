"""Networks of a parameter set: which there are, and where each is looked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from siou_tracking.bridge.tracker_files import check_tracker, checkout_trackers, find_network, network_holders
from siou_tracking.errors import InputError


def test_the_net_comes_before_other_nets_and_features_come_last():
    matcher, net, feature = (SimpleNamespace(net_path=name) for name in ("matcher", "net", "feature"))
    params = SimpleNamespace(a_matcher=matcher, net=net, scale=2.0, net_opt_iter=10)
    params.features = SimpleNamespace(features=[SimpleNamespace(fparams=None), feature])
    assert [holder.net_path for holder in network_holders(params)] == ["net", "matcher", "feature"]


def test_a_network_is_taken_from_the_first_folder_that_has_it(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "b/dimp18.pth").write_bytes(b"")
    folders = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert find_network("dimp18.pth", folders, "dimp:dimp18") == tmp_path / "b/dimp18.pth"
    assert find_network(str(tmp_path / "b/dimp18.pth"), folders[0], "dimp:dimp18") == tmp_path / "b/dimp18.pth"
    with pytest.raises(InputError, match=rf"dimp50\.pth was not found in {folders[0]} and {folders[1]} \(network_path"):
        find_network("dimp50.pth", folders, "dimp:dimp50")


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
