"""Frames that the rules take for not annotated are said, with the reason."""

from __future__ import annotations

import json

import numpy as np
import pytest

from siou_tracking.benchmarks import score
from siou_tracking.benchmarks.one_pass.doubts.unannotated import describe_unannotated, find_unannotated
from tests.reference_data import reference_file

BOX = [10.0, 10, 20, 20]
HINT = "; where pixels are counted from 0, add 1 to x and y of annotations and results"


@pytest.mark.parametrize(("row", "words"), [
    ([0, 10, 20, 20], f"1 whose x or y is not positive (a 2){HINT}"),
    ([10, 0, 20, 20], f"1 whose x or y is not positive (a 2){HINT}"),
    ([-3, 10, 20, 20], "1 whose x or y is not positive (a 2)"),  # counted from 0 it would be as negative
    ([10, 10, 0, 20], "1 whose w or h is not positive (a 2)"),
    ([0, 0, 0, 0], "1 whose w or h is not positive (a 2)"),
])  # fmt: skip
def test_the_reason_is_said(row: list[float], words: str) -> None:
    found = find_unannotated("a", np.array([BOX, row, BOX]))
    assert found is not None
    assert describe_unannotated([found]) == [f"frames that count as not annotated: {words}"]


def test_frames_marked_absent_need_no_box_and_official_boxes_count_from_1() -> None:
    truth = np.array([BOX, [0, 10, 20, 20], BOX])
    assert find_unannotated("a", truth, np.array([False, True, False])) is None
    found = find_unannotated("a", truth)
    assert found is not None and not describe_unannotated([found], ["a"])[0].endswith(HINT)
    assert find_unannotated("a", truth + np.array([1, 1, 0, 0])) is None


@pytest.mark.parametrize(("benchmark", "protocol", "said"), [
    ("otb2015", "official", True), ("otb2015", "pysot", True), ("otb2015", "got10k", False),
    ("lasot", "official", True), ("lasot", "got10k", False),
])  # fmt: skip
def test_own_data_counted_from_0_is_named_where_the_rules_drop_it(benchmark, protocol, said, build) -> None:
    truth = np.array([[0.0, 5, 9, 9]] * 3)
    source = build.write("t.json", json.dumps({"a": {"gt_rect": truth.tolist(), "absent": [1] * 3}}))
    found = score(benchmark, build.result("a", truth), source, protocol)["tracker"]
    assert (found.per_sequence["a"]["success_auc"] == 0) == said
    assert any("3 whose x or y is not positive (a 1-3)" in note for note in found.notes) == said


def test_the_official_annotations_have_the_known_frames() -> None:
    results = reference_file("data/otb2015/results/ATOM.tar.xz")
    (found,) = score("otb2015", results, reference_file("data/otb2015/otb100_annotations.json")).values()
    assert found.notes == [
        "frames that count as not annotated: 2 whose w or h is not positive (Board 698, Twinnings 472), 8 whose x or y "
        "is not positive (Biker 72-78, Crowds 346)"
    ]
