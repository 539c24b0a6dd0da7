"""The page that `siou-tracking report` makes of results of `mot score`: scores, sequences, and what is counted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from html import escape
from pathlib import Path

from siou_tracking.files import write_text
from siou_tracking.mot.scoring.stored import check_mot_extent, merge_mot_results
from siou_tracking.mot.scoring.table import NAMES, Result, format_metric, heading, interval_line, metric_rows
from siou_tracking.report import Section, render_page
from siou_tracking.report.score_figures import MOST_BARRED, attribute_bars, looks_of

MOST_BARS = 60
"""Sequences that are drawn; of more only the table is readable."""
_LEAD = "Every number is trackeval's by the rules named above it, from boxes as they were written."
_METRICS = (
    "HOTA is the geometric mean of DetA and AssA, each averaged over overlaps of .05 to .95: are people found, and do "
    "they keep their identity. MOTA subtracts misses (FN), false boxes (FP) and switches (IDSW) from 1 at an overlap "
    "of .5; IDF1 is the share of boxes with the one right identity."
)
_RULES = {
    "mot15": "MOT15: every box of the truth with flag 1 is a pedestrian that counts.",
    "mot16": "MOT16: pedestrians (class 1) with flag 1 count; a box on a person on a vehicle, a static person, a "
    "distractor or a reflection is neither found nor false.",
    "mot20": "MOT20: as MOT17, and boxes on vehicles are neither found nor false.",
}
_RULES["mot17"] = _RULES["mot16"].replace("MOT16", "MOT17")


def write_mot_report(path: str | os.PathLike[str], results: Iterable[Result]) -> Path:
    """Write one self-contained page.

    Args:
        path: the HTML file.
        results: from `score.score_mot` or `stored.check_mot_result`; those of the same frames share their sections.
    """
    groups = merge_mot_results(results)
    for result in groups:
        check_mot_extent(result, "report")
    names = ", ".join(dict.fromkeys(result["benchmark"].upper() for result in groups))
    sections = [section for result in groups for section in _sections(result)]
    return write_text(path, render_page(f"Multi-object scores by {names} rules", _LEAD, sections))


def _sections(result: Result) -> list[Section]:
    title = result["benchmark"].upper()
    remarks = [*result["notes"], *(f"{name} has no scores: {reason}" for name, reason in result["failed"].items())]
    listed = "".join(f"<li>{escape(line)}</li>" for line in remarks)
    sections = [
        Section(
            title,
            text=heading(result),
            table=metric_rows(result),
            media=[f'<ul class="note">{listed}</ul>'] if remarks else [],
            note=interval_line(result),
        ),
        Section(f"{title}: sequences", media=_bars(result), table=_by_sequence(result)),
        Section(f"{title}: all metrics", media=[_all_metrics(result)]),
        Section(f"{title}: what is counted", text=_RULES[result["benchmark"]], note=_METRICS),
    ]
    return [section for section in sections if section.text or section.table or section.media]


def _sequence_names(result: Result) -> list[str]:
    """From the lowest mean HOTA of the trackers to the highest; what has none comes last."""
    tables = [scores["per_sequence"] for scores in result["trackers"].values()]

    def mean(name: str) -> tuple[bool, float, str]:
        values = [table[name]["hota"] for table in tables if table[name]["hota"] is not None]
        return not values, sum(values) / max(len(values), 1), name

    return sorted(tables[0], key=mean)


def _bars(result: Result) -> list[str]:
    names = _sequence_names(result)
    if not 1 < len(names) <= MOST_BARS or len(result["trackers"]) > MOST_BARRED:
        return []
    first = next(iter(result["trackers"].values()))["per_sequence"]
    values = {
        tracker: {name: 100 * row["hota"] for name, row in scores["per_sequence"].items() if row["hota"] is not None}
        for tracker, scores in result["trackers"].items()
    }
    counts = {name: f"{first[name]['truth_boxes']:,}" for name in names}
    titles = ("HOTA by sequence (boxes that count)", "HOTA, percent")
    return [attribute_bars(values, counts, titles, looks_of(result["trackers"]))]


def _by_sequence(result: Result) -> list[list[str]]:
    """HOTA of every tracker, and of two how far they are apart."""
    tables = {name: scores["per_sequence"] for name, scores in result["trackers"].items()}
    rows = [["sequence", *(f"{name}: HOTA" for name in tables), *(["difference"] if len(tables) == 2 else [])]]
    for name in _sequence_names(result):
        values = [table[name]["hota"] for table in tables.values()]
        row = [name, *(format_metric("hota", value) for value in values)]
        if len(values) == 2:
            row.append("-" if None in values else f"{100 * (values[0] - values[1]):+.2f}")
        rows.append(row)
    return rows


def _all_metrics(result: Result) -> str:
    """Every metric of every tracker on every sequence, folded away until it is asked for."""
    head = "".join(f"<th>{name}</th>" for name in NAMES.values())
    body = [
        f"<tr><td>{escape(tracker)}, {escape(name)}</td>"
        + "".join(f"<td>{format_metric(metric, row[metric])}</td>" for metric in NAMES)
        + "</tr>"
        for tracker, scores in result["trackers"].items()
        for name, row in sorted(scores["per_sequence"].items())
    ]
    return (
        f'<details><summary>{len(body)} rows</summary><div class="scroll"><table><thead><tr><th>tracker, sequence</th>'
        f"{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div></details>"
    )
