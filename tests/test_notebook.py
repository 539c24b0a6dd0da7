"""The notebook runs from its first cell to its last, without a network, and leaves nothing in the current folder."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import pytest

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "tour.ipynb"


def test_the_tour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "made"))
    (tmp_path / "made").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    names: dict[str, object] = {"__name__": "notebook"}
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{NOTEBOOK.name}, cell {number}", "exec"), names)
    out = capsys.readouterr().out
    assert "smooth_iou IoU 0.9" in out and "mean IoU over 30 frames" in out
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
