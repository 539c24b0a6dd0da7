"""A result of `mot score` as a table on the screen and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any  # what JSON may hold

from siou_tracking.mot.scoring.evaluator import COUNTS
from siou_tracking.mot.scoring.intervals import FEWEST
from siou_tracking.report.table import align_columns

Result = Mapping[str, Any]
"""What `siou_tracking.mot.scoring.score.score_mot` returns."""
NAMES = {
    "hota": "HOTA",
    "deta": "DetA",
    "assa": "AssA",
    "mota": "MOTA",
    "idf1": "IDF1",
    "motp": "MOTP",
    "idsw": "IDSW",
    "fp": "FP",
    "fn": "FN",
    "frag": "Frag",
    "mt": "MT",
    "ml": "ML",
}
"""Metrics that are shown, in order, as the field writes them."""


def format_metric(metric: str, value: float | None) -> str:
    """A count as it is, anything else in percent with two digits; "-" where nothing could be scored."""
    if value is None:
        return "-"
    return f"{value:.0f}" if metric in COUNTS else f"{100 * value:.2f}"


def metric_rows(result: Result, metrics: Sequence[str] = tuple(NAMES)) -> list[list[str]]:
    """A head and a row a tracker: the value over all sequences and, where there is one, its interval."""
    rows = [["tracker", *(NAMES[metric] for metric in metrics)]]
    for name, scores in result["trackers"].items():
        cells = []
        for metric in metrics:
            text = format_metric(metric, scores["combined"][metric])
            if bounds := scores["intervals"].get(metric):
                text += f" [{100 * bounds[0]:.1f}, {100 * bounds[1]:.1f}]"
            cells.append(text)
        rows.append([name, *cells])
    return rows


def heading(result: Result) -> str:
    """By whose rules, by what, and on how much: one line."""
    videos = f" of {result['videos']} videos" * (result["videos"] < result["sequences"])
    part = f" ({result['part']})" * bool(result["part"])
    return (
        f"{result['benchmark'].upper()} rules, {result['evaluator']}, {result['sequences']} sequences{videos}, "
        f"{result['frames']:,} frames{part}"
    )


def interval_line(result: Result) -> str:
    """What the brackets are, or why there are none."""
    if any(scores["intervals"] for scores in result["trackers"].values()):
        over = "videos" if result["videos"] < result["sequences"] else "sequences"
        return f"[low, high]: {result['level']:.0%} bootstrap interval over {over}"
    return f"no interval: got {result['videos']} videos, {FEWEST} or more are needed" if result["videos"] > 1 else ""


def format_scores(result: Result) -> str:
    """Everything for the screen."""
    lines = [heading(result), *align_columns(metric_rows(result))]
    if told := interval_line(result):
        lines += ["", told]
    lines += [f"note: {note}" for note in result["notes"]]
    return "\n".join(lines)


def format_scores_csv(result: Result) -> str:
    """A row a tracker with every metric there is: fractions and counts, all digits."""
    metrics = list(next(iter(result["trackers"].values()))["combined"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["tracker", *metrics])
    for name, scores in result["trackers"].items():
        writer.writerow([name, *(repr(scores["combined"][metric]) for metric in metrics)])
    return text.getvalue()
