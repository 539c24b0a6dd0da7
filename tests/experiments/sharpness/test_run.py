"""The command refuses what it cannot run before it runs anything, and writes what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from experiments.sharpness import run


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["sharpness", *arguments])
    return run.main()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--grounds", "trackers"), "--real: not given"),
        (("--grounds", "trackers", "--real", "nowhere"), "--real: nowhere: no such folder"),
        (("--workers", "0"), "--workers: got 0"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, "--out", str(tmp_path / "out"), *arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("sharpness: ") and captured.err.count("\n") == 1 and words in captured.err
    assert not (tmp_path / "out").exists()


def test_a_quick_simulation_writes_its_tables_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--out", str(tmp_path), "--quick", "--grounds", "simulation")
    written = []
    for _ in range(2):
        assert call(monkeypatch, *arguments) == 0
        written.append(json.loads((tmp_path / "results.json").read_text("utf-8")))
    assert written[0] == written[1]
    assert len(list((tmp_path / "parts" / "simulation").glob("*.json"))) == len(run.QUICK_MEMBERS)
    answers = written[0]["verdicts"]["loss"]["simulation: gd, cxcywh"]
    assert answers[0]["question"] == "sharpness" and not answers[0]["changes"]
    names = {"results.json", "table.md", "profiles.png", "sharpness.png", "density.png"}
    assert names <= {path.name for path in tmp_path.iterdir()}
    assert "What the rule says" in capsys.readouterr().out
