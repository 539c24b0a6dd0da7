"""The page that `siou-tracking report` makes of results: scores, curves, attributes, worst and all sequences, rules."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any  # what JSON may hold

from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.errors import unknown_name
from siou_tracking.files import write_text
from siou_tracking.report.explain import explain_ceiling, legend, name_of, rule_rows
from siou_tracking.report.footage import Footage
from siou_tracking.report.metrics import LOWER_IS_BETTER, format_metric
from siou_tracking.report.page import Section, render_page
from siou_tracking.report.results import check_extent, merge_results
from siou_tracking.report.runs import tracker_label, trackers_apart, without_single_runs
from siou_tracking.report.score_figures import (
    MOST_BARRED,
    Panel,
    attribute_bars,
    curve_panels,
    expected_overlap,
    looks_of,
)
from siou_tracking.report.sequences import all_sequences, ranked_sections
from siou_tracking.report.strips import FRAMES, Frames
from siou_tracking.report.strips import MOST_BYTES as PICTURE_BYTES
from siou_tracking.report.table import (
    Result,
    comparison_lines,
    group_notes,
    heading,
    metrics_of,
    published_lines,
    score_rows,
    set_title,
)

STRIPS, MOST_BYTES, _AROUND = 10, 990_000, 400
"""Strips of frames on a page, how large it may become by them, and bytes round a picture."""
_CURVES = {
    "success": ("Success", "overlap threshold", ("success_auc", "ao")),
    "precision": ("Precision", "center error threshold, pixels", ("precision",)),
    "norm_precision": ("Normalized precision", "center error threshold, share of the box", ("norm_precision",)),
}
_LEAD = (
    "Every number is of the protocol named above it; intervals are bootstrapped over sequences, and over runs where a "
    "tracker has several."
)


def write_score_report(
    path: str | os.PathLike[str],
    results: Iterable[dict[str, Any]],
    footage: Mapping[str, Footage] | None = None,
    tracker: str | None = None,
) -> Path:
    """Write one self-contained page, below a megabyte where not hundreds of trackers are compared.

    Args:
        path: the HTML file.
        results: from `results.read_result`; those of the same sequences and protocol share their sections.
        footage: benchmark -> images and boxes, for frames of its worst sequences.
        tracker: whose worst sequences are shown; None for those with the worst mean of all trackers.

    Raises:
        InputError: together they are more than a page can show, or none is of that tracker.
    """
    groups = merge_results(results)
    check_extent(groups, "report")
    known = {name for result in groups for name in trackers_apart(result)}
    if tracker is not None and tracker not in known:
        raise unknown_name("tracker", tracker, known)
    title = f"Scores on {', '.join(dict.fromkeys(map(set_title, groups)))}"
    around = [(_first_sections(result), _last_sections(result)) for result in groups]

    def render(frames: Sequence[Frames | None]) -> str:
        sections: list[Section] = []
        for result, shown, (before, after) in zip(groups, frames, around, strict=True):
            apart = without_single_runs(result)
            chosen = tracker if tracker in apart["trackers"] else None
            sections += [*before, *ranked_sections(apart, chosen, shown), *after]
        return render_page(title, _LEAD, [one for one in sections if one.text or one.table or one.media])

    page = render([None] * len(groups))
    found = [(footage or {}).get(result["benchmark"]) for result in groups]
    if any(found):
        page = render(_share_room(found, MOST_BYTES - len(page.encode("utf-8"))))
    return write_text(path, page)


def _share_room(found: Sequence[Footage | None], room: int) -> list[Frames | None]:
    """How many strips each result gets, and how large their pictures may be where a page has `room` bytes left."""
    count = sum(one is not None for one in found)
    strips = max(STRIPS // count, 1)
    most = max(room // (max(STRIPS, count) * FRAMES) * 3 // 4 - _AROUND, 0)  # base64 makes four bytes of three
    return [None if one is None else Frames(one, strips, min(most, PICTURE_BYTES)) for one in found]


def _first_sections(result: Result) -> list[Section]:
    title, apart = set_title(result), without_single_runs(result)
    return [
        Section(title, text=heading(result), table=score_rows(result), media=[_list(_remarks(result))]),
        Section(f"{title}: curves", media=_curves(apart)),
        _attributes(apart),
    ]


def _last_sections(result: Result) -> list[Section]:
    rules, title = rule_rows(result), f"{set_title(result)}: what the protocol counts"
    return [all_sequences(result), Section(title, text=explain_ceiling(result), table=rules, sortable=False)]


def _remarks(result: Result) -> list[str]:
    lines = [f"not scored: {name}: {reason}" for name, reason in result.get("not_scored", {}).items()]
    lines += [*result.get("passed_over", []), *comparison_lines(result), *published_lines(result)]
    return lines + [f"{name}: {note}" for name, notes in group_notes(result).items() for note in notes]


def _list(lines: Sequence[str]) -> str:
    return f'<ul class="note">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>' if lines else ""


def _curves(result: Result) -> list[str]:
    by_name: dict[str, dict[str, Any]] = {}
    for tracker, curves in result["curves"].items():
        for name, curve in curves.items():
            by_name.setdefault(name, {})[tracker] = (curve["thresholds"], curve["values"])
    figures, looks = [], looks_of(result["trackers"])
    benchmark = get_benchmark(result["benchmark"])
    interval = benchmark.eao_interval(benchmark.get_protocol(result["protocol"]))
    if interval is not None and "eao" in by_name:
        figures.append(expected_overlap(by_name["eao"], interval, legend(result, "eao"), looks))
    known = metrics_of(result)
    panels = []
    for name, (title, xlabel, metrics) in _CURVES.items():
        if name in by_name:
            metric = next((metric for metric in metrics if metric in known), metrics[0])
            panels.append(Panel(f"{title} [{name_of(result, metric)}]", xlabel, by_name[name], legend(result, metric)))
    return figures + curve_panels(panels, looks)


def _attributes(result: Result) -> Section:
    """Bars of the headline metric, or of those that the benchmark names; of many trackers a table of the first."""
    title = f"{set_title(result)}: attributes"
    tables = {name: table for name, table in result["per_attribute"].items() if table}
    if not tables:
        return Section(title)
    attributes = list(dict.fromkeys(attribute for table in tables.values() for attribute in table))
    benchmark = get_benchmark(result["benchmark"])
    unit, scale = benchmark.attribute_unit, 100 if benchmark.in_percent else 1
    first = next(iter(tables.values()))
    counts = {name: f"{first[name].get(unit, 0):.0f}" for name in attributes if first.get(name, {}).get(unit)}
    if not counts:
        return Section(title)
    metrics = benchmark.attribute_metrics or metrics_of(result)[:1]
    if len(tables) > MOST_BARRED:
        rows = [["tracker", *(f"{name} ({count})" for name, count in counts.items())]]
        for tracker, table in tables.items():
            found = [table.get(name, {}).get(metrics[0]) for name in counts]
            cells = ["-" if value is None else format_metric(result["benchmark"], value, 1) for value in found]
            rows.append([tracker_label(result, tracker), *cells])
        return Section(title, text=f"{name_of(result, metrics[0])} by attribute ({unit} with it).", table=rows)
    figures = []
    for metric in metrics:
        values = {
            tracker: {name: row[metric] * scale for name, row in table.items() if metric in row}
            for tracker, table in tables.items()
        }
        lower = ", lower is better" if metric in LOWER_IS_BETTER else ""
        titles = (f"{name_of(result, metric)} by attribute ({unit} with it)", f"{name_of(result, metric)}{lower}")
        figures.append(attribute_bars(values, counts, titles, looks_of(result["trackers"])))
    return Section(title, media=figures)
