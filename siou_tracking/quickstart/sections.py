"""Sections that the report of every quickstart has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # what JSON may hold

from siou_tracking.quickstart.recipe import Results
from siou_tracking.report import Section
from siou_tracking.report.figures import training_curves


def training_section(training: Mapping[str, Sequence[Results]], panels: Mapping[str, str], note: str) -> Section:
    """Curves of the training, one line a variant.

    Args:
        training: what a variant is called -> its records.
        panels: statistic -> title of its panel.
        note: below the curves.
    """
    shown = {name: [one for one in records if one["loader"] == "train"] for name, records in training.items()}
    return Section("Training", media=[training_curves(shown, panels)], note=note)


def settings_section(results: Mapping[str, Any]) -> Section:
    """The plan as a table, and how long everything took."""
    rows = [
        [name, ", ".join(value) if isinstance(value, tuple | list) else str(value)]
        for name, value in results["plan"].items()
    ]
    return Section(
        "Settings", table=[["setting", "value"], *rows], sortable=False, note=f"{results['seconds']:.0f} s in all."
    )
