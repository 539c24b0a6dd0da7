"""The table of the scaling study: what is held against what, and the page that shows the stored one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.scaling import run


def row(speed: float, loss: float) -> dict[str, object]:
    return {"samples a second": speed, "statistics": {"Loss/total": loss}}


def test_several_processes_are_held_against_the_fewest() -> None:
    rows = {1: row(10.0, 0.5), 2: row(15.0, 0.509)}
    assert run.efficiency(rows, 2) == pytest.approx(0.75)
    assert run.efficiency(rows, 1) == 1
    table = run.format_table({"embedded": {str(count): one for count, one in rows.items()}})  # keys as JSON has them
    assert "| embedded | 2 | 15 | 75 % | 0.51 |" in table


def test_epochs_are_those_of_the_names() -> None:
    assert run.epoch_of(Path("w/checkpoints/ATOMnet_ep0012.pth.tar")) == 12


def test_the_page_has_the_stored_table() -> None:
    folder = Path(run.__file__).parent
    stored = json.loads((folder / "results.json").read_text("utf-8"))
    assert run.format_table(stored["engines"]) in (folder / "README.md").read_text("utf-8")
