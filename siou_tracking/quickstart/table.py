"""The comparison table, for the screen and for the report."""

from __future__ import annotations

from collections.abc import Mapping

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


def table_rows(benchmark: str, metrics: Mapping[str, Mapping[str, float]], own: bool = False) -> list[list[str]]:
    """A head and one row of cells per tracker: fractions with three digits, frames per second with one,
    a dash for what a tracker does not have.

    Args:
        benchmark: whose metrics they are.
        metrics: tracker -> metric -> value.
        own: the sequences are not the benchmark's.
    """
    columns = _COLUMNS[benchmark]
    rows = [
        [name, *(f"{values[key]:.{1 if key == 'fps' else 3}f}" if key in values else "-" for key in columns)]
        for name, values in metrics.items()
    ]
    return [[set_title(benchmark, own), *columns.values()], *rows]


def format_table(benchmark: str, metrics: Mapping[str, Mapping[str, float]], own: bool = False) -> str:
    """The table as aligned text."""
    return "\n".join(align_columns(table_rows(benchmark, metrics, own)))
