"""The comparison table, for the screen and for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # what JSON may hold

from siou_tracking.report.table import align_columns

_COLUMNS = {
    "got10k": {"ao": "AO", "sr50": "SR0.5", "sr75": "SR0.75", "box_error": "box error", "fps": "frames/s"},
    "otb2015": {"success_auc": "AUC", "precision": "P@20", "box_error": "box error", "fps": "frames/s"},
}
SETS = tuple(_COLUMNS)
"""The benchmarks in whose form a quickstart's sequences are."""
_TITLES = {"got10k": "held-out", "otb2015": "OTB2015"}
_OWN_TITLES = {"got10k": "held-out", "otb2015": "own data, OTB2015's protocol"}


def set_title(benchmark: str, own: bool = False) -> str:
    """What a set of sequences is called; the generated one is in GOT-10k's form but is not GOT-10k.

    Args:
        benchmark: whose form it has.
        own: the sequences are not the benchmark's.
    """
    return (_OWN_TITLES if own else _TITLES)[benchmark]


def table_rows(
    benchmark: str,
    metrics: Mapping[str, Mapping[str, float]],
    own: bool = False,
    certainty: Mapping[str, Any] | None = None,
) -> list[list[str]]:
    """A head and one row of cells per tracker: fractions with three digits, frames per second with one,
    a dash for what a tracker does not have.

    Args:
        benchmark: whose metrics they are.
        metrics: tracker -> metric -> value.
        own: the sequences are not the benchmark's.
        certainty: see `evaluate.certainty`; puts the interval beside the first metric.
    """
    columns = _COLUMNS[benchmark]
    main = next(iter(columns))
    intervals = (certainty or {}).get("intervals", {})
    rows = [
        [name, *(_cell(key, values, intervals.get(name, {}) if key == main else {}) for key in columns)]
        for name, values in metrics.items()
    ]
    return [[set_title(benchmark, own), *columns.values()], *rows]


def _cell(key: str, values: Mapping[str, float], intervals: Mapping[str, Sequence[float]]) -> str:
    if key not in values:
        return "-"
    text = f"{values[key]:.{1 if key == 'fps' else 3}f}"
    return f"{text} [{intervals[key][0]:.3f}, {intervals[key][1]:.3f}]" if key in intervals else text


def difference_line(benchmark: str, certainty: Mapping[str, Any]) -> str:
    """The trained trackers' difference in the first metric, with its interval over sequences."""
    gap = certainty["difference"]
    return (
        f"{gap['first']} - {gap['second']}: {_COLUMNS[benchmark][gap['metric']]} {gap['value']:+.3f} "
        f"[{gap['low']:+.3f}, {gap['high']:+.3f}], mean over {_drawn(gap)}, paired, p = {gap['p_value']:.2f}"
    )


def metric_title(benchmark: str, metric: str) -> str:
    """What a metric is called, such as "AO"."""
    return _COLUMNS[benchmark][metric]


def _drawn(gap: Mapping[str, Any]) -> str:
    return f"{gap['seeds']} seeds and {gap['sequences']} sequences" if gap.get("seeds", 1) > 1 else "sequences"


def reading_note(seeds: int) -> str:
    """What a reader of one quickstart's numbers must know.

    Args:
        seeds: trainings of each loss.
    """
    if seeds == 1:
        return (
            "[low, high]: 95% bootstrap interval over sequences. Each loss was trained once, from one seed; another "
            "seed may turn their order: one quickstart does not say which is better."
        )
    return (
        f"Rows of losses are means over {seeds} trainings from as many seeds. [low, high]: 95% bootstrap interval, "
        "seeds and sequences both drawn anew. It holds for these generated pictures and this length of training."
    )


def format_table(
    benchmark: str,
    metrics: Mapping[str, Mapping[str, float]],
    own: bool = False,
    certainty: Mapping[str, Any] | None = None,
) -> str:
    """The table as aligned text, the difference of the trained trackers below it."""
    lines = align_columns(table_rows(benchmark, metrics, own, certainty))
    if certainty and certainty["difference"]["first"] != certainty["difference"]["second"]:
        lines.append(difference_line(benchmark, certainty))
    return "\n".join(lines)
