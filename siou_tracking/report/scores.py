"""The page that `siou-tracking report` makes of results: scores, curves, attributes, worst and all sequences, rules."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.files import write_text
from siou_tracking.report.explain import explain_ceiling, legend, name_of, rule_rows
from siou_tracking.report.metrics import LOWER_IS_BETTER, format_metric
from siou_tracking.report.page import Section, render_page
from siou_tracking.report.results import check_extent, merge_results
from siou_tracking.report.runs import tracker_label, without_single_runs
from siou_tracking.report.score_figures import Panel, attribute_bars, curve_panels, expected_overlap, looks_of
from siou_tracking.report.table import (
    Result,
    comparison_lines,
    heading,
    metrics_of,
    published_lines,
    score_rows,
    set_title,
)

WORST = 10
_CURVES = {
    "success": ("Success", "overlap threshold", ("success_auc", "ao")),
    "precision": ("Precision", "center error threshold, pixels", ("precision",)),
    "norm_precision": ("Normalized precision", "center error threshold, share of the box", ("norm_precision",)),
}
_LEAD = (
    "Every number is of the protocol named above it; intervals are bootstrapped over sequences, and over runs where a "
    "tracker has several."
)


def write_score_report(path: str | os.PathLike[str], results: Iterable[dict[str, Any]]) -> Path:
    """Write one self-contained page.

    Args:
        path: the HTML file.
        results: from `results.read_result`; those of the same sequences and protocol share their sections.

    Raises:
        InputError: together they are more than a page can show.
    """
    groups = merge_results(results)
    check_extent(groups, "report")
    sections = [section for result in groups for section in _sections(result)]
    names = ", ".join(dict.fromkeys(map(set_title, groups)))
    return write_text(path, render_page(f"Scores on {names}", _LEAD, sections))


def _sections(result: Result) -> list[Section]:
    title, apart = set_title(result), without_single_runs(result)
    sections = [
        Section(title, text=heading(result), table=score_rows(result), media=[_list(_remarks(result))]),
        Section(f"{title}: curves", media=_curves(apart)),
        Section(f"{title}: attributes", media=_attributes(apart)),
        *_sequence_sections(apart),
        _all_sequences(result),
        Section(f"{title}: what the protocol counts", text=explain_ceiling(result), table=rule_rows(result)),
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


def _sequence_sections(result: Result) -> list[Section]:
    title, tables = set_title(result), result["per_sequence"]
    names = list(dict.fromkeys(name for table in tables.values() for name in table))
    if not names:
        return []
    metric = get_benchmark(result["benchmark"]).ranking_metric or metrics_of(result)[0]
    worse = 1 if metric in LOWER_IS_BETTER else -1

    def badness(name: str) -> float:
        return worse * float(
            np.mean([table[name][metric] for table in tables.values() if metric in table.get(name, {})])
        )

    rated = [name for name in names if any(metric in table.get(name, {}) for table in tables.values())]
    ranked = sorted(rated, key=lambda name: (-badness(name), name))
    what = name_of(result, metric)
    rows = [["sequence", *(tracker_label(result, name) for name in tables)]]
    rows += [[name, *(_value(result, table, name, metric) for table in tables.values())] for name in ranked[:WORST]]
    by = f"{'Most' if worse > 0 else 'Lowest'} {what}, mean of the trackers."
    sections = [Section(f"{title}: worst sequences", text=by, table=rows)]
    if len(tables) == 2:
        sections.append(_differences(result, rated, metric))
    return sections


def _differences(result: Result, names: Sequence[str], metric: str) -> Section:
    (first, a), (second, b) = result["per_sequence"].items()
    both = [name for name in names if metric in a.get(name, {}) and metric in b.get(name, {})]
    ranked = sorted(both, key=lambda name: (-abs(a[name][metric] - b[name][metric]), name))[:WORST]
    first, second = tracker_label(result, first), tracker_label(result, second)
    rows = [["sequence", first, second, "difference"]]
    for name in ranked:
        pair = [_value(result, table, name, metric) for table in (a, b)]
        difference = a[name][metric] - b[name][metric]
        shown = (
            f"{difference:+.1f}" if metric == "failures" else format_metric(result["benchmark"], difference, 1, True)
        )
        rows.append([name, *pair, shown])
    text = f"Where {first} and {second} differ most in {name_of(result, metric)}."
    return Section(f"{set_title(result)}: largest differences", text=text, table=rows)


def _all_sequences(result: Result) -> Section:
    """Every metric of every tracker on every sequence, folded away until it is asked for."""
    tables = result["per_sequence"]
    names = list(dict.fromkeys(name for table in tables.values() for name in table))
    metrics = list(dict.fromkeys(metric for table in tables.values() for row in table.values() for metric in row))
    head = "".join(
        f"<th>{escape(f'{tracker_label(result, tracker)}: {name_of(result, metric)}')}</th>"
        for tracker in tables
        for metric in metrics
    )
    body = []
    for name in sorted(names, key=str.lower):
        cells = [_value(result, table, name, metric) for table in tables.values() for metric in metrics]
        body.append(f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    table = (
        f'<details><summary>{len(names)} sequences</summary><div class="scroll"><table><thead><tr><th>sequence</th>'
        f"{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div></details>"
    )
    return Section(f"{set_title(result)}: all sequences", media=[table] if names else [])


def _value(result: Result, table: dict[str, dict[str, float]], name: str, metric: str) -> str:
    value = table.get(name, {}).get(metric)
    if value is None:
        return "-"
    return f"{value:g}" if metric in ("failures", "repetitions") else format_metric(result["benchmark"], value, 1)
