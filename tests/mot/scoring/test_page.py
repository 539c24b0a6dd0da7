"""`report` makes a page of what `mot score --json` wrote: complete, escaped, the same twice, and of one kind."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring.evaluator import COUNTS
from siou_tracking.mot.scoring.page import write_mot_report
from siou_tracking.mot.scoring.stored import check_mot_result, is_mot_result, merge_mot_results
from siou_tracking.mot.scoring.table import NAMES
from tests.cli.calling import call

ROW = {metric: 7 if metric in COUNTS else 0.5 for metric in NAMES} | {"truth_boxes": 1200}
EMPTY = {metric: 7 if metric in COUNTS else None for metric in NAMES} | {"truth_boxes": 0}
RESULT: dict[str, Any] = {
    "benchmark": "mot17",
    "evaluator": "trackeval 1.3.0",
    "sequences": 3,
    "frames": 60,
    "level": 0.95,
    "notes": ["mind <this>"],
    "failed": {"half": "1 of 3 sequences have no result"},
    "trackers": {
        "a<b": {
            "combined": ROW,
            "per_sequence": {"S1": ROW, "S2": ROW | {"hota": 0.25}, "S3": EMPTY},
            "intervals": {"hota": [0.1, 0.9]},
        },
        "other": {"combined": ROW, "per_sequence": {"S1": ROW, "S2": ROW, "S3": EMPTY}, "intervals": {}},
    },
}


def test_the_page_has_every_part_and_escapes_names(tmp_path: Path) -> None:
    result = check_mot_result(RESULT, "mot.json")
    page = write_mot_report(tmp_path / "one.html", [result]).read_text()
    assert "a&lt;b" in page and "a<b" not in page and "mind &lt;this&gt;" in page
    for text in ("MOT17 rules, trackeval 1.3.0, 3 sequences, 60 frames", "50.00 [10.0,\u00a090.0]", "<svg", "-25.00"):
        assert text in page
    assert "half has no scores: 1 of 3" in page and "95% bootstrap interval over sequences" in page
    assert page.index("<td>S2</td>") < page.index("<td>S1</td>") < page.index("<td>S3</td>")  # the lowest first
    assert write_mot_report(tmp_path / "two.html", [result]).read_text() == page


def test_results_on_the_same_frames_stand_side_by_side_and_others_apart() -> None:
    one, part = check_mot_result(RESULT, "a"), check_mot_result({**RESULT, "part": "frames of val_half"}, "b")
    merged = merge_mot_results([one, one, part])
    assert [list(group["trackers"]) for group in merged] == [
        ["a<b", "other", "a<b (2)", "other (2)"],
        ["a<b", "other"],
    ]
    assert merged[0]["notes"] == ["mind <this>"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trackers": {}}, "no tracker"),
        ({"trackers": {"x": {}}}, "not the form"),
        ({"trackers": {"x": {"combined": ROW, "per_sequence": {}, "intervals": {}}}}, "trackers: x"),
        ({"trackers": [1]}, "not the form"),
        ({"notes": 3}, "not the form"),
    ],
)
def test_what_is_no_result_is_refused_in_one_line(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=f"mot.json: {words}"):
        check_mot_result({**RESULT, **change}, "mot.json")
    broken = copy.deepcopy(RESULT)
    del broken["trackers"]
    assert is_mot_result(broken) and not is_mot_result([1]) and not is_mot_result({"benchmark": "otb2015"})
    with pytest.raises(InputError, match=r"mot\.json: no trackers: expected what `siou-tracking mot score --json`"):
        check_mot_result(broken, "mot.json")


def test_the_verb_takes_either_kind_and_refuses_to_mix_them(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mot.json").write_text(json.dumps(RESULT))
    (tmp_path / "one.json").write_text(
        json.dumps(
            {
                "benchmark": "otb2015",
                "protocol": "official",
                "trackers": {"x": {"success_auc": 0.5}},
                "per_sequence": {"x": {"Crossing": {"success_auc": 0.5}}},
            }
        )
    )
    code, out, err = call(capsys, "report mot.json --out page.html")
    assert (code, err) == (0, "") and "report: page.html" in out
    code, _, err = call(capsys, "report mot.json one.json --out mixed.html")
    assert code == 2 and "mot.json is of many objects and one.json of one target" in err
    assert not (tmp_path / "mixed.html").exists()
