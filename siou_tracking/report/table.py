"""A result of `score` as a table on the screen, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any  # what JSON may hold

from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.scores import describe_coverage
from siou_tracking.report.metrics import best_of, format_metric, metric_name
from siou_tracking.report.runs import spread_of, tracker_label, trackers_apart
from siou_tracking.untrusted.names import printable

Result = Mapping[str, Any]
"""The content of `score --json`: see `benchmarks.comparing.scoreboard.Scoreboard.to_json`."""
_NOTES = 4


def metrics_of(result: Result) -> list[str]:
    """Every metric that one of the trackers has, in order."""
    return list(dict.fromkeys(metric for values in result["trackers"].values() for metric in values))


def is_own_data(result: Result) -> bool:
    """Whether the sequences are not the benchmark's, whose protocol scored them."""
    return not result["expected_sequences"]


def set_title(result: Result) -> str:
    """What the scored sequences are: a benchmark, or own data scored as it is."""
    benchmark = get_benchmark(result["benchmark"])
    return f"{benchmark.own_data}, {benchmark.title}'s protocol" if is_own_data(result) else benchmark.title


def heading(result: Result) -> str:
    """What was scored, protocol, where the protocol comes from, coverage."""
    source, protocol = result.get("source"), result["protocol"]
    if is_own_data(result):
        rules = f" ({protocol}: {source})" if source else f" ({protocol})"
    else:
        rules = f", {protocol} protocol" + (f" ({source})" if source else "")
    coverage = describe_coverage(result["sequences"], result["expected_sequences"])
    return f"{set_title(result)}{rules}, {coverage}, {result['frames']:,} frames"


def score_rows(result: Result) -> list[list[str]]:
    """A head and a row a tracker: value, spread over runs and interval of each metric; '-' where a tracker has none."""
    benchmark, metrics = result["benchmark"], metrics_of(result)
    head = ["tracker", *(metric_name(benchmark, result["protocol"], metric) for metric in metrics)]
    return [
        head,
        *(
            [tracker_label(result, name), *(_cell(result, name, metric) for metric in metrics)]
            for name in result["trackers"]
        ),
    ]


def _cell(result: Result, tracker: str, metric: str) -> str:
    value = result["trackers"][tracker].get(metric)
    if value is None:
        return "-"
    text, spread = format_metric(result["benchmark"], value), spread_of(result, tracker, metric)
    if spread is not None:
        text += f" +- {format_metric(result['benchmark'], spread)}"
    interval = result.get("intervals", {}).get(tracker, {}).get(metric)
    if interval is None:
        return text
    low, high = (format_metric(result["benchmark"], bound, 1) for bound in interval)
    return f"{text} [{low}, {high}]"


def published_lines(result: Result) -> list[str]:
    """What is published under the trackers' names, one line each with every source."""
    if is_own_data(result):
        return []
    lines, apart = [], trackers_apart(result)
    for name, numbers in result.get("published", {}).items():
        if name not in apart:
            continue
        parts = [
            f"{metric_name(result['benchmark'], 'official', one['metric'])} "
            f"{format_metric(result['benchmark'], one['value'], 1)} ({one['source']})"
            for one in numbers
        ]
        lines.append(f"published for {numbers[0]['tracker']}, beside '{name}': {'; '.join(parts)}")
    note = get_benchmark(result["benchmark"]).published_note
    if lines and note:
        lines.append(note)
    elif lines and result["sequences"] != result["expected_sequences"]:
        lines.append("published numbers are of the whole benchmark and cannot be compared with a part of it")
    return lines


def comparison_lines(result: Result) -> list[str]:
    """The paired test of two trackers, one line a metric."""
    if not result.get("comparison"):
        return []
    first, second = (tracker_label(result, name) for name in result.get("compared") or result["trackers"])
    lines = []
    for metric, found in result["comparison"].items():
        name = metric_name(result["benchmark"], result["protocol"], metric)
        mean, low, high = (
            format_metric(result["benchmark"], found[key], sign=True) for key in ("difference", "low", "high")
        )
        test = "paired sign-flip test" + (" with runs drawn anew" if max(found.get("runs", [1])) > 1 else "")
        lines.append(
            f"{first} - {second}: {name} {mean} [{low}, {high}], p = {found['p_value']:.4f} (mean over "
            f"{found['sequences']} sequences, {test})"
        )
    return lines


def ceiling_line(result: Result) -> str:
    """What the ground truth scores against itself here; empty where it is not known."""
    parts = [
        f"{metric_name(result['benchmark'], result['protocol'], metric)} {format_metric(result['benchmark'], value)}"
        for metric, value in result.get("ceiling", {}).items()
    ]
    return f"ground truth against itself scores {', '.join(parts)} here" if parts else ""


def group_notes(result: Result) -> Mapping[str, Sequence[str]]:
    """Tracker -> what a reader of its numbers must know; what is true of all of several is said once, as of "all"."""
    notes: dict[str, list[str]] = result["notes"]
    common = [note for note in next(iter(notes.values()), []) if all(note in others for others in notes.values())]
    own = {name: [note for note in of_one if note not in common] for name, of_one in notes.items()}
    return {**own, "all": common} if len(notes) > 1 else notes


def note_lines(result: Result) -> list[str]:
    """The notes for the screen, the first few of each."""
    lines = []
    for name, group in group_notes(result).items():
        lines += [printable(f"note: {name}: {note}") for note in group[:_NOTES]]
        if len(group) > _NOTES:
            lines.append(f"note: {name}: {len(group) - _NOTES} more in --json")
    return lines


def format_text(result: Result) -> str:
    """Everything for the screen."""
    lines = [heading(result), *align_columns(score_rows(result)), ""]
    if result.get("intervals"):
        over = (
            "sequences, of repeated runs over runs too; +-: standard deviation over runs" if result.get("runs") else ""
        )
        lines.append(f"[low, high]: {result['level']:.0%} bootstrap interval over {over or 'sequences'}")
    lines += [*comparison_lines(result), *published_lines(result), ceiling_line(result)]
    lines += note_lines(result)
    lines += [printable(f"note: {line}") for line in result.get("passed_over", [])]
    return "\n".join(line for at, line in enumerate(lines) if line or at <= len(result["trackers"]) + 2)


def align_columns(rows: Sequence[Sequence[str]], *, numbers: bool = True) -> list[str]:
    """Rows of equally many cells as lines of columns, two spaces apart; what no terminal may be sent is escaped.

    Args:
        rows: a head, where there is one, then the rows.
        numbers: columns after the first stand to the right, as numbers do; else all stand to the left.
    """
    rows = [list(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    justify = str.rjust if numbers else str.ljust
    return ["  ".join([row[0].ljust(widths[0]), *map(justify, row[1:], widths[1:])]).rstrip() for row in rows]


def format_csv(result: Result) -> str:
    """One row a tracker: every metric as a fraction with its interval, then benchmark, protocol and coverage.

    Where trackers have repeated runs there is also how many a row is the mean of, and each metric's spread over them.
    """
    metrics, runs = metrics_of(result), result.get("runs", {})
    head = ["tracker"]
    for metric in metrics:
        head += [metric, f"{metric}_low", f"{metric}_high"]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    of_runs = ["runs", *(f"{metric}_std" for metric in metrics)] if runs else []
    writer.writerow([*head, "benchmark", "protocol", "sequences", "expected_sequences", *of_runs])
    for name, values in result["trackers"].items():
        row: list[Any] = [name]
        for metric in metrics:
            bounds = result.get("intervals", {}).get(name, {}).get(metric) or ["", ""]
            row += [values.get(metric, ""), *bounds]
        row += [result[key] for key in ("benchmark", "protocol", "sequences", "expected_sequences")]
        if runs:
            spreads = [spread_of(result, name, metric) for metric in metrics]
            row += [runs.get(name, {}).get("runs", 1), *("" if spread is None else spread for spread in spreads)]
        writer.writerow(row)
    return buffer.getvalue()


def format_latex(result: Result) -> str:
    """A booktabs table with the best value of each metric in bold; protocol and coverage in the comment above.

    A single run of several is never the best: their mean is what is compared.
    """
    metrics, trackers, apart = metrics_of(result), result["trackers"], trackers_apart(result)
    best = {
        metric: best_of(metric, {name: trackers[name][metric] for name in apart if metric in trackers[name]})
        for metric in metrics
    }
    names = [_escaped(metric_name(result["benchmark"], result["protocol"], metric)) for metric in metrics]
    lines = [f"% {heading(result)}", rf"\begin{{tabular}}{{l{'r' * len(metrics)}}}", r"\toprule"]
    lines += [" & ".join(["Tracker", *names]) + r" \\", r"\midrule"]
    for name, values in trackers.items():
        cells = [_escaped(tracker_label(result, name))]
        for metric in metrics:
            text = format_metric(result["benchmark"], values[metric], 1) if metric in values else "--"
            text = rf"\textbf{{{text}}}" if name in best[metric] and len(apart) > 1 else text
            spread = spread_of(result, name, metric)
            cells.append(text if spread is None else rf"{text} $\pm$ {format_metric(result['benchmark'], spread, 1)}")
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _escaped(text: str) -> str:
    escapes = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(escapes.get(sign, rf"\{sign}" if sign in "&%$#_{}" else sign) for sign in text)
