"""One command starts every study."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import __main__ as main_module
from experiments.__main__ import ROOT, STUDIES, command, main


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["experiments", *arguments])
    return main()


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_has_a_script_a_page_and_results(name: str) -> None:
    folder = ROOT / "experiments" / name
    assert [path for path in ("run.py", "README.md", "results.json") if not (folder / path).is_file()] == []


def test_a_study_writes_into_its_own_folder(tmp_path: Path) -> None:
    assert command("box_regression", tmp_path, True)[2:] == [
        "experiments.box_regression.run",
        "--out",
        str(tmp_path / "box_regression"),
        "--quick",
    ]
    assert str(tmp_path / "loss_speed" / "results.json") in command("loss_speed", tmp_path, False)
    assert "--quick" not in command("box_regression", tmp_path, False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("iou_optimun", "--out", "x"),
            "unknown study 'iou_optimun': allowed are all, box_regression, .*'iou_optimum'",
        ),
        (
            ("quickstart", "--out", "x"),
            "study quickstart: has a command of its own, see experiments/quickstart/README.md",
        ),
        (("all",), "required: --out"),
        (("all", "--out", __file__), "--out: .*got a file"),
        (("all", "--out", f"{__file__}/below"), "--out: .*got a file"),
        (("all", "--out", "x", "--fast"), "unrecognized arguments: --fast"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and captured.out == ""
    assert re.search(words, captured.err)


def test_a_study_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started = []

    def run(arguments: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        started.append(arguments[2])
        return subprocess.CompletedProcess(arguments, int("iou_optimum" in arguments[2]))

    monkeypatch.setattr(main_module.subprocess, "run", run)
    assert call(monkeypatch, "all", "--out", str(tmp_path)) == 1
    assert started == [f"experiments.{name}.run" for name in STUDIES]
    assert "failed: iou_optimum\n" in capsys.readouterr().err
