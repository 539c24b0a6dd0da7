"""Networks of a parameter set: which there are, and where each is looked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from siou_tracking.bridge.networks import find_network, find_weights, network_holders
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


def test_weights_are_a_file_or_the_latest_of_a_folder_of_checkpoints(tmp_path: Path):
    for epoch in (2, 10):
        (tmp_path / f"Net_ep{epoch:04d}.pth.tar").write_bytes(b"")
    assert find_weights(tmp_path).name == "Net_ep0010.pth.tar"
    assert find_weights(tmp_path / "Net_ep0002.pth.tar").name == "Net_ep0002.pth.tar"
    with pytest.raises(InputError, match=r"weights: .*nowhere: no such file"):
        find_weights(tmp_path / "nowhere")
