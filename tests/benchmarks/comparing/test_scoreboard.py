"""Trackers side by side: intervals, the paired test, published names, and what the ground truth itself scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.comparing.scoreboard import find_published, make_scoreboard, score_ground_truth
from siou_tracking.errors import InputError
from tests.reference_data import reference_file

BOX = np.array([[10.0, 10, 20, 20]])


def otb_truth(build, lengths: dict[str, int]) -> Path:
    truth = {name: {"gt_rect": np.tile(BOX, (length, 1)).tolist()} for name, length in lengths.items()}
    return build.write("truth.json", json.dumps(truth))


def test_two_trackers_are_compared_on_the_same_sequences(build) -> None:
    lengths = {f"s{number}": 5 for number in range(8)}
    truth = otb_truth(build, lengths)
    for name in lengths:
        build.result(name, np.tile(BOX, (5, 1)), "r/good")
        root = build.result(name, np.vstack([BOX, np.tile([[100.0, 100, 5, 5]], (4, 1))]), "r/lost").parent
    board = make_scoreboard("otb2015", truth, [root])
    found = board.comparison["success_auc"]
    assert list(board.scores) == ["good", "lost"]
    assert found.difference.mean == pytest.approx(20 / 21 * 4 / 5)
    assert found.p_value == pytest.approx(2 / 2**8, abs=0.004)  # of 256 sign patterns two are as extreme
    assert found.sequences == 8
    one = make_scoreboard("otb2015", truth, [root / "good"])
    assert one.comparison == {} and list(one.scores) == ["good"]
    assert one.intervals["good"]["success_auc"].low == pytest.approx(20 / 21)


def test_the_interval_of_a_pooled_metric_weighs_sequences_by_their_counted_frames(build) -> None:
    for name, length, width in (("GOT-10k_Val_000001", 101, 20.0), ("GOT-10k_Val_000002", 11, 10.0)):
        boxes = np.tile(BOX, (length, 1))
        root = build.got10k(name, boxes, [8] * length)
        boxes[:, 2] = width
        build.result(f"{name}/{name}_001", boxes, "r/mine")
    board = make_scoreboard("got10k", root, [build.root / "r"])
    pooled = (100 * 1.0 + 10 * 0.5) / 110
    assert board.scores["mine"].metrics["ao"] == pytest.approx(pooled)
    interval = board.intervals["mine"]["ao"]
    assert (interval.mean, interval.low, interval.high) == pytest.approx((pooled, 0.5, 1.0))
    assert board.ceiling == {"ao": 1.0, "sr50": 1.0, "sr75": 1.0}


def test_the_ground_truth_scores_what_each_protocol_implies(build) -> None:
    truth = otb_truth(build, {"s1": 4, "s2": 3})
    root = build.result("s1", np.tile(BOX, (4, 1)), "r/mine")
    build.result("s2", np.tile(BOX, (3, 1)), "r/mine")
    for protocol in ("official", "pysot", "pytracking", "got10k"):
        ceiling = make_scoreboard("otb2015", truth, [root], protocol).ceiling
        assert ceiling["success_auc"] == pytest.approx(20 / 21), protocol
        assert ceiling["precision"] == 1.0
    build.write("tn/v0.txt", build.rows(np.tile(BOX, (4, 1))))
    inclusive = score_ground_truth("trackingnet", load_sequences("trackingnet", build.root / "tn"))
    assert inclusive == pytest.approx(dict.fromkeys(("success_auc", "precision", "norm_precision", "coverage"), 1.0))


def test_a_protocol_that_refuses_the_ground_truth_has_no_ceiling(build) -> None:
    rows = np.vstack([BOX, [[10.0, 10, 20, -3]], BOX])
    truth = build.write("truth.json", json.dumps({"s1": {"gt_rect": rows.tolist()}}))
    root = build.result("s1", np.tile(BOX, (3, 1)), "r/mine")
    assert make_scoreboard("otb2015", truth, [root], "pytracking").ceiling == {}
    assert 0 < make_scoreboard("otb2015", truth, [root]).ceiling["success_auc"] < 20 / 21


def test_a_sequence_that_the_toolkit_leaves_out_is_named_and_left_out_of_the_interval_too(build) -> None:
    truth = {"s1": np.tile(BOX, (3, 1)), "s2": np.tile([[5.0, 0, 9, 9]], (3, 1))}  # y = 0: nobody can hit s2
    source = build.write("truth.json", json.dumps({name: {"gt_rect": rows.tolist()} for name, rows in truth.items()}))
    for name, rows in truth.items():
        root = build.result(name, rows, "r/mine")
    board = make_scoreboard("otb2015", source, [root])
    assert board.scores["mine"].metrics["success_auc"] == pytest.approx(20 / 21)
    interval = board.intervals["mine"]["success_auc"]
    assert (interval.low, interval.high) == pytest.approx((20 / 21, 20 / 21))
    unannotated = (
        "frames that count as not annotated: 3 whose x or y is not positive (s2 1-3); where pixels are counted from 0, "
        "add 1 to x and y of annotations and results"
    )
    left_out = "left out of the mean AUC, as in the toolkit, because it is 0: s2"
    assert board.scores["mine"].notes == [unannotated, left_out]
    assert make_scoreboard("otb2015", source, [root], "pysot").scores["mine"].notes == [unannotated]
    assert make_scoreboard("otb2015", source, [root], "got10k").scores["mine"].notes == []


def test_vot2018_ground_truth_is_perfect_and_short_runs_have_no_eao(build) -> None:
    polygon = [10, 10, 30, 12, 28, 30, 9, 31]
    truth = {"ants": {"width": 100, "height": 80, "gt": [polygon] * 15}}
    source = build.write("vot.json", json.dumps(truth))
    build.write("r/mine/baseline/ants/ants_001.txt", "1\n" + "10,10,20,20\n" * 14)
    board = make_scoreboard("vot2018", source, [build.root / "r"])
    assert board.ceiling == {"accuracy": 1.0, "robustness": 0.0}
    assert "eao" not in board.scores["mine"].metrics
    assert "no EAO: no run is longer than 15 frames" in board.scores["mine"].notes[0]
    assert set(board.intervals["mine"]) == {"accuracy", "robustness"}
    assert json.loads(json.dumps(board.to_json(), allow_nan=False))["source"].startswith("VOT MATLAB toolkit")
    with pytest.raises(InputError, match="no experiment 'realtime', it has baseline"):
        make_scoreboard("vot2018", source, [build.root / "r"], experiment="realtime")
    assert score_ground_truth("vot2018", load_sequences("vot2018", source), "vot-toolkit")["accuracy"] == pytest.approx(
        1.0
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ATOM", "ATOM"),
        ("atom", "ATOM"),
        ("atom/default_000", "ATOM"),
        ("dimp/dimp50_004", "DiMP-50"),
        ("DiMP_50", "DiMP-50"),
        ("SiamRPN++", "SiamRPN++"),
        ("atom_lite", None),  # another network than the published one
        ("SiamRPN", None),
        ("static", None),
        ("dimp/default", None),
    ],
)
def test_published_numbers_are_found_by_what_folders_are_called(name: str, meant: str | None) -> None:
    assert {number.tracker for number in find_published("otb2015", name)} == ({meant} if meant else set())


def test_official_annotations_have_the_known_upper_bounds() -> None:
    otb = make_scoreboard(
        "otb2015",
        reference_file("data/otb2015/otb100_annotations.json"),
        [reference_file("data/otb2015/results/ATOM.tar.xz")],
    )
    assert otb.ceiling["success_auc"] == pytest.approx(0.95185, abs=5e-6)
    interval = otb.intervals["ATOM"]["success_auc"]
    assert interval.low < otb.scores["ATOM"].metrics["success_auc"] < interval.high
    assert {number.value for number in otb.published["ATOM"] if number.metric == "success_auc"} == {0.663, 0.667}
    truth = reference_file("data/lasot/lasot280_annotations.tar.xz")
    board = make_scoreboard("lasot", truth, [reference_file("data/lasot/results/ATOM.tar.xz")])
    assert board.ceiling == pytest.approx(
        {"success_auc": 0.92741, "precision": 0.97379, "norm_precision": 0.97379}, abs=5e-6
    )
