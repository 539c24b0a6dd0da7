"""Scores of multi-object trackers as text and CSV: every number under its heading, counts as counts."""

from __future__ import annotations

import csv
import io
from typing import Any

from siou_tracking.mot.scoring.table import NAMES, format_scores, format_scores_csv

METRICS = ("hota", "deta", "assa", "mota", "idf1", "motp", "idsw", "fp", "fn", "frag", "mt", "ml", "idtp")


def result_of(*trackers: str, sequences: int = 2) -> dict[str, Any]:
    fractions = {metric: 0.1234567 + at / 100 for at, metric in enumerate(METRICS[:6])}
    combined = {**fractions, **{metric: 10 + at for at, metric in enumerate(METRICS[6:])}}
    one = {"combined": combined, "per_sequence": {}, "intervals": {"hota": [0.1, 0.25]} if sequences > 1 else {}}
    return {
        "benchmark": "mot15",
        "evaluator": "trackeval 1.3.0",
        "sequences": sequences,
        "videos": sequences,
        "part": "",
        "frames": 1250,
        "level": 0.95,
        "notes": ["something to know"],
        "trackers": dict.fromkeys(trackers, one),
    }


def test_text_has_percents_counts_intervals_and_notes() -> None:
    heading, head, row, *rest = format_scores(result_of("mine")).splitlines()
    assert heading == "MOT15 rules, trackeval 1.3.0, 2 sequences, 1,250 frames"
    assert head.split() == ["tracker", *NAMES.values()]
    assert " ".join(row.split()) == "mine 12.35 [10.0, 25.0] 13.35 14.35 15.35 16.35 17.35 10 11 12 13 14 15"
    assert rest == ["", "[low, high]: 95% bootstrap interval over sequences", "note: something to know"]


def test_one_sequence_has_no_interval() -> None:
    assert "[" not in format_scores(result_of("mine", sequences=1))
    assert "interval" not in format_scores(result_of("mine", sequences=1))


def test_few_videos_have_no_interval_and_copies_of_a_video_are_told() -> None:
    result = result_of("mine", sequences=6)
    result |= {"videos": 2, "part": "frames of val_half"}
    result["trackers"]["mine"]["intervals"] = {}
    heading, *_, last, _ = format_scores(result).splitlines()
    assert heading.endswith("6 sequences of 2 videos, 1,250 frames (frames of val_half)")
    assert last == "no interval: got 2 videos, 5 or more are needed"


def test_csv_has_all_metrics_with_all_digits() -> None:
    rows = list(csv.DictReader(io.StringIO(format_scores_csv(result_of("a, b", "c")))))
    assert [row["tracker"] for row in rows] == ["a, b", "c"]
    expected = result_of("c")["trackers"]["c"]["combined"]
    assert {metric: float(rows[1][metric]) for metric in METRICS} == expected and rows[1]["idtp"] == "16"
