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
from siou_tracking.report.metrics import LOWER_IS_BETTER
from siou_tracking.report.page import Section, render_page
from siou_tracking.report.results import check_extent, merge_results
from siou_tracking.report.runs import trackers_apart, without_single_runs
from siou_tracking.report.score_figures import Panel, attribute_bars, curve_panels, expected_overlap, looks_of
from siou_tracking.report.sequences import all_sequences, ranked_sections
from siou_tracking.report.table import (
    Result,
    comparison_lines,
    heading,
    metrics_of,
    published_lines,
    score_rows,
    set_title,
)

STRIPS = 10
"""Strips of frames on a page; with them it stays below a megabyte."""
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
    footage, strips = footage or {}, max(STRIPS // len(groups), 1)
    sections = [
        section
        for place, result in enumerate(groups)
        for section in _sections(result, tracker, footage.get(result["benchmark"]), strips if place < STRIPS else 0)
    ]
    names = ", ".join(dict.fromkeys(map(set_title, groups)))
    return write_text(path, render_page(f"Scores on {names}", _LEAD, sections))


def _sections(result: Result, tracker: str | None, footage: Footage | None, strips: int) -> list[Section]:
    title, apart = set_title(result), without_single_runs(result)
    sections = [
        Section(title, text=heading(result), table=score_rows(result), media=[_list(_remarks(result))]),
        Section(f"{title}: curves", media=_curves(apart)),
        Section(f"{title}: attributes", media=_attributes(apart)),
        *ranked_sections(apart, tracker if tracker in apart["trackers"] else None, footage, strips),
        all_sequences(result),
        Section(
            f"{title}: what the protocol counts",
            text=explain_ceiling(result),
            table=rule_rows(result),
            sortable=False,
        ),
    ]
    return [section for section in sections if section.text or section.table or section.media]


def _remarks(result: Result) -> list[str]:
    lines = [f"not scored: {name}: {reason}" for name, reason in result.get("not_scored", {}).items()]
    lines += [*result.get("passed_over", []), *comparison_lines(result), *published_lines(result)]
    return lines + [f"{name}: {note}" for name, notes in result["notes"].items() for note in notes]


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


def _attributes(result: Result) -> list[str]:
    """Bars of the headline metric, or of those that the benchmark names."""
    tables = {name: table for name, table in result["per_attribute"].items() if table}
    if not tables:
        return []
    attributes = list(dict.fromkeys(attribute for table in tables.values() for attribute in table))
    benchmark = get_benchmark(result["benchmark"])
    unit, scale = benchmark.attribute_unit, 100 if benchmark.in_percent else 1
    first = next(iter(tables.values()))
    counts = {name: f"{first[name].get(unit, 0):.0f}" for name in attributes if first.get(name, {}).get(unit)}
    figures = []
    for metric in benchmark.attribute_metrics or metrics_of(result)[:1]:
        values = {
            tracker: {name: row[metric] * scale for name, row in table.items() if metric in row}
            for tracker, table in tables.items()
        }
        lower = ", lower is better" if metric in LOWER_IS_BETTER else ""
        titles = (f"{name_of(result, metric)} by attribute ({unit} with it)", f"{name_of(result, metric)}{lower}")
        figures.append(attribute_bars(values, counts, titles, looks_of(result["trackers"])))
    return figures
