"""Scores of multi-object trackers as a table on the screen, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from siou_tracking.report.table import align_columns, escape_latex

Result = Mapping[str, Any]
"""What `mot.scoring.score_mot` returns."""
COLUMNS = {
    "hota": "HOTA",
    "deta": "DetA",
    "assa": "AssA",
    "loca": "LocA",
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
_LOWER_IS_BETTER = ("idsw", "fp", "fn", "frag", "ml")


def format_mot_text(result: Result, per_sequence: bool = False) -> str:
    """A row a tracker in percent and counts, then the intervals; with `per_sequence` also a row a sequence."""
    lines = [_heading(result)]
    rows = [["tracker", *COLUMNS.values()]]
    for name, scores in result["trackers"].items():
        rows.append([name, *_cells(scores["combined"])])
        if per_sequence:
            rows += [[f"  {sequence}", *_cells(values)] for sequence, values in scores["per_sequence"].items()]
    lines += align_columns(rows)
    bounds = {name: scores["intervals"] for name, scores in result["trackers"].items() if scores["intervals"]}
    if bounds:
        lines += ["", f"{result['level']:.0%} bootstrap intervals over the {result['sequences']} sequences"]
        shown = list(next(iter(bounds.values())))
        table = [["tracker", *(COLUMNS[metric] for metric in shown)]]
        for name, intervals in bounds.items():
            table.append([name, *(f"[{100 * low:.1f}, {100 * high:.1f}]" for low, high in intervals.values())])
        lines += align_columns(table)
    return "\n".join(lines)


def format_mot_csv(result: Result) -> str:
    """One row a tracker and sequence, "COMBINED" first: all metrics, fractions as they are, with their intervals."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    metrics: list[str] = []
    for name, scores in result["trackers"].items():
        if not metrics:
            metrics = list(scores["combined"])
            head = [part for metric in metrics for part in _headings(metric, scores["intervals"])]
            writer.writerow(["tracker", "sequence", *head, "benchmark", "evaluator"])
        rows = {"COMBINED": scores["combined"], **scores["per_sequence"]}
        for sequence, values in rows.items():
            cells: list[Any] = []
            for metric in metrics:
                cells.append(values[metric])
                if metric in scores["intervals"]:
                    cells += scores["intervals"][metric] if sequence == "COMBINED" else ["", ""]
            writer.writerow([name, sequence, *cells, result["benchmark"], result["evaluator"]])
    return buffer.getvalue()


def format_mot_latex(result: Result) -> str:
    """A booktabs table of the combined scores with the best of each column in bold."""
    trackers = {name: scores["combined"] for name, scores in result["trackers"].items()}
    lines = [f"% {_heading(result)}", rf"\begin{{tabular}}{{l{'r' * len(COLUMNS)}}}", r"\toprule"]
    lines += [" & ".join(["Tracker", *COLUMNS.values()]) + r" \\", r"\midrule"]
    for name, values in trackers.items():
        cells = [escape_latex(name)]
        for metric, text in zip(COLUMNS, _cells(values), strict=True):
            others = [scores[metric] for scores in trackers.values()]
            best = min(others) if metric in _LOWER_IS_BETTER else max(others)
            cells.append(rf"\textbf{{{text}}}" if len(trackers) > 1 and values[metric] == best else text)
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _heading(result: Result) -> str:
    rules, count = result["benchmark"].upper(), result["sequences"]
    sequences = "1 sequence" if count == 1 else f"{count} sequences"
    return f"{rules} rules, {sequences}, {result['frames']:,} frames, {result['evaluator']}"


def _headings(metric: str, intervals: Mapping[str, Any]) -> list[str]:
    return [metric, f"{metric}_low", f"{metric}_high"] if metric in intervals else [metric]


def _cells(values: Mapping[str, float]) -> list[str]:
    """Counts are int in the result, fractions float."""
    shown = [values[metric] for metric in COLUMNS]
    return [str(value) if isinstance(value, int) else f"{100 * value:.2f}" for value in shown]
