"""Our DiMP gives upstream's boxes, frame by frame: stored ones, and a checkout's own where the machine has it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from torch import nn

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.trackers.dimp.params import dimp_params
from siou_tracking.trackers.dimp.tracker import DiMP
from tests.parity.dimp_tracks import FRAMES, NETWORKS, REFERENCE, SETTINGS, TOLERANCE, follow, make_network
from tests.parity.record_tracks import track_upstream
from tests.reference_data import reference_checkout


@pytest.fixture(scope="module", params=NETWORKS)
def case(request: pytest.FixtureRequest) -> tuple[str, nn.Module, dict[str, list[Any]]]:
    name = request.param
    net = make_network(name)
    return name, net, follow(DiMP(net, dimp_params(name, **SETTINGS), "cpu"))


def check_equal(ours: dict[str, list[Any]], theirs: dict[str, list[Any]]) -> None:
    assert len(theirs["boxes"]) == FRAMES - 1
    assert ours["flags"] == theirs["flags"]
    np.testing.assert_allclose(ours["scores"], theirs["scores"], rtol=0, atol=1e-3)
    np.testing.assert_allclose(ours["boxes"], theirs["boxes"], rtol=0, atol=TOLERANCE)


def test_boxes_flags_and_scores_equal_upstreams(case) -> None:
    name, _, ours = case
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    check_equal(ours, stored[name])
    assert stored[name]["moved"] <= TOLERANCE


def test_the_sequences_have_updates_of_both_kinds() -> None:
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    flags = {flag for name in NETWORKS for flag in stored[name]["flags"]}
    assert {"normal", "hard_negative"} <= flags


def test_a_checkouts_own_tracker_gives_the_same_boxes(case, tmp_path) -> None:
    name, net, ours = case
    check_equal(ours, track_upstream(find_checkout(reference_checkout()), name, net, tmp_path))
