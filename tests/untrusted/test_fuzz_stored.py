"""Files that runs and scores leave, whatever is in them, are taken, or refused in one line."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

from hypothesis import example, given

from siou_tracking.benchmarks.running.record import FILE, join_run, make_record
from siou_tracking.ltr.trainers.history import FILE_NAME, read_history
from siou_tracking.mot.scoring.page import write_mot_report
from siou_tracking.mot.scoring.stored import check_mot_result, is_mot_result
from siou_tracking.mot.scoring.table import NAMES
from siou_tracking.report.results import read_json, read_result
from siou_tracking.report.scores import write_score_report
from tests.untrusted.fuzzing import CONTENT, JSON, change, fuzz, refuses

VALUES = {"success_auc": 0.5, "precision": 0.5}
SCORES = {
    "benchmark": "lasot",
    "protocol": "official",
    "sequences": 2,
    "frames": 10,
    "source": "toolkit",
    "level": 0.95,
    "trackers": {"$a_{": VALUES, "_b": VALUES},
    "per_sequence": {"$a_{": {"s": VALUES, "t": VALUES}, "_b": {"s": VALUES}},
    "per_attribute": {"$a_{": {"OCC": {"success_auc": 0.5, "sequences": 2}}},
    "curves": {"$a_{": {"success": {"thresholds": [0, 0.5, 1], "values": [1, 0.5, 0]}}},
    "notes": {"$a_{": ["a note"]},
    "intervals": {"_b": {"success_auc": [0.4, 0.6]}},
    "published": {"_b": [{"metric": "success_auc", "value": 0.5, "source": "paper", "tracker": "B"}]},
    "comparison": {"success_auc": {"difference": 0.1, "low": 0, "high": 0.2, "p_value": 0.1, "sequences": 2}},
    "compared": ["$a_{", "_b"],
    "ceiling": {"success_auc": 0.9},
    "not_scored": {"c": "why"},
    "passed_over": ["d"],
}
ROW = {**dict.fromkeys(NAMES, 0.5), "truth_boxes": 7}
MOT = {
    "benchmark": "mot17",
    "evaluator": "trackeval",
    "sequences": 2,
    "frames": 10,
    "level": 0.95,
    "notes": [],
    "trackers": {"$a": {"combined": ROW, "per_sequence": {"A": ROW, "B": ROW}, "intervals": {"hota": [0.1, 0.9]}}},
}
RECORD = make_record("otb2015", "static", None, None, 0)
LINE = {"epoch": 1, "loader": "train", "stats": {"Loss/total": 0.5}, "learning_rate": [0.1], "seconds": 1.5}


@given(change(SCORES) | JSON)
@example({**SCORES, "per_attribute": {"$a_{": {"OCC": {"success_auc": 0.5}}}})  # of how many sequences it does not say
@fuzz
def test_fuzz_scores_become_a_page(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "s.json"
        file.write_text(json.dumps(content))
        refuses(lambda: write_score_report(Path(folder) / "page.html", [read_result(file)]))


@given(change(MOT) | JSON)
@example({**MOT, "notes": [0]})
@example({**MOT, "failed": {"b": 0}})
@example({**MOT, "failed": []})
@fuzz
def test_fuzz_mot_scores_become_a_page(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "s.json"
        file.write_text(json.dumps(content))

        def write() -> None:
            stored = read_json(file)
            if is_mot_result(stored):
                write_mot_report(Path(folder) / "page.html", [check_mot_result(stored, file)])

        refuses(write)


@given(change(RECORD).map(lambda value: json.dumps(value).encode()) | CONTENT)
@fuzz
def test_fuzz_records_of_runs(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(data)
        refuses(lambda: join_run(Path(folder), RECORD))
        assert (Path(folder) / FILE).read_bytes() == data


@given(change(LINE).map(lambda value: json.dumps(value).encode()) | CONTENT)
@example(json.dumps({**LINE, "stats": {"Loss/total": math.nan}}).encode())
@fuzz
def test_fuzz_records_of_training(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_bytes(json.dumps(LINE).encode() + b"\n" + data)
        if not refuses(lambda: read_history(Path(folder))):
            for record in read_history(Path(folder)):
                assert record["epoch"] is not None
                assert all(value is None or float(value) == value for value in record["stats"].values())
