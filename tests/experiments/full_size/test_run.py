"""A row goes on where it stopped, refuses what cannot be, and a rehearsal is never taken for a result."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.full_size import run as run_module
from experiments.full_size.data import check_sets
from experiments.full_size.run import main
from tests.reference_data import reference_checkout

SCORES = {"protocol": "official", "source": "toolkit", "sequences": 2, "expected_sequences": 0, "trackers": {"a": {}}}
Started = list[list[str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def made(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["full_size", *arguments])
        return main()

    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What was started; `score` writes a file, `pack` refuses, as it does a handful of sequences."""
    commands: Started = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        verb = command[command.index("siou_tracking") + 1 :]
        commands.append(verb)
        if verb[0] == "score":
            Path(verb[-1]).parent.mkdir(parents=True, exist_ok=True)
            Path(verb[-1]).write_text(json.dumps(SCORES))
        return subprocess.CompletedProcess(command, 2 if verb[0] == "pack" else 0)

    monkeypatch.setattr(run_module.subprocess, "run", run)
    return commands


@pytest.fixture
def rehearse(call: Callable[..., int], tmp_path: Path) -> Callable[..., int]:
    (tmp_path / "rehearsal" / "data").mkdir(parents=True)
    return lambda *more: call("atom_smooth_iou", "--rehearse", "--out", str(tmp_path), *more)


def test_a_rehearsal_is_no_result(rehearse: Callable[..., int], started: Started, tmp_path: Path) -> None:
    assert rehearse() == 0
    assert list(tmp_path.rglob("results.json")) == []
    written = json.loads((tmp_path / "rehearsal" / "atom_smooth_iou" / "rehearsal.json").read_text())
    assert next(iter(written)) == "not a result" and "published" not in written
    assert written["scores"]["lasot"]["protocol"] == "official" and written["to be sent to the server"] == {}
    assert [verb[0] for verb in started] == ["train", *["run"] * 6, *["score"] * 4, *["pack"] * 2]
    assert all("cpu" in verb for verb in started if verb[0] in ("train", "run"))


def test_what_is_finished_is_not_repeated(
    rehearse: Callable[..., int], started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = run_module.subprocess.run

    def breaks(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1) if "vot2018" in command else whole(command)

    monkeypatch.setattr(run_module.subprocess, "run", breaks)
    assert rehearse() == 2
    assert "stage run_seed0_vot2018: it ended with exit code 1: the same command goes on" in capsys.readouterr().err
    monkeypatch.setattr(run_module.subprocess, "run", whole)
    started.clear()
    assert rehearse() == 0
    assert [verb[0] for verb in started] == [*["run"] * 4, *["score"] * 4, *["pack"] * 2]
    started.clear()
    assert rehearse("--workers", "2") == 0  # which changes no result
    assert {verb[0] for verb in started} == {"score", "pack"}


def test_a_stage_that_did_something_else_is_not_taken_for_done(
    rehearse: Callable[..., int], started: Started, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rehearse("--on", "otb2015") == 0
    path = tmp_path / "rehearsal" / "atom_smooth_iou" / "stages" / "train_seed0.json"
    stored = json.loads(path.read_text())
    stored["arguments"].append("--amp")
    path.write_text(json.dumps(stored))
    assert rehearse("--on", "otb2015") == 2
    assert "stage train_seed0: " in (told := capsys.readouterr().err) and "give another --out" in told


def test_a_rehearsal_whose_few_sequences_are_packed_has_failed(
    rehearse: Callable[..., int], started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_module.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0))
    assert rehearse("--on", "got10k_test") == 2
    assert "was packed, which should be refused" in capsys.readouterr().err


DATA = ("--data", "all=/nowhere")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dimp5", *DATA), "unknown row 'dimp5': allowed are atom, .*did you mean 'dimp50'"),
        (
            ("dimp50", *DATA, "--checkout", "/x", "--gpus", "4"),
            "--gpus: got 4, allowed for dimp50's batch of 10: 1, 2, 5, 10",
        ),
        (("atom", *DATA, "--checkout", "/nowhere"), "checkout"),
        (("atom", *DATA, "--on", "lasott"), "unknown evaluation 'lasott': .*did you mean 'lasot'"),
        (("atom", *DATA, "--seeds", "1", "1"), "--seeds"),
        (("atom", "--data", "lasot=/x"), "--data: no folder for got10k, trackingnet, coco"),
        (("atom", "--data", "lasot=/x", "--data", "lasot=/y"), "--data"),
        (("atom", "--rehearse", *DATA), "--rehearse: it draws its own data"),
        (("atom", *DATA, "--out", f"{__file__}/x"), "--out: .*got a file"),
        (("atom", *DATA), "data: not whole: lasot: .*; got10k: /nowhere/got10k: 0 of 9,335 train sequences"),
    ],
)
def test_wrong_input_is_one_line_and_starts_nothing(
    arguments: tuple[str, ...],
    words: str,
    call: Callable[..., int],
    started: Started,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(*arguments) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and re.search(words, told)
    assert started == []


def test_a_dry_run_prints_and_starts_nothing(
    call: Callable[..., int], started: Started, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("atom", *DATA, "--dry-run", "--out", str(tmp_path / "out")) == 0
    told = capsys.readouterr().out
    assert "# data: coco: /nowhere/coco: 0 of 1 annotations" in told and "--seed 4 --name atom_seed0_004" in told
    assert started == [] and not (tmp_path / "out").exists()


def test_sets_are_counted_by_their_files(tmp_path: Path) -> None:
    sequence = tmp_path / "train" / "GOT-10k_Train_000001"
    sequence.mkdir(parents=True)
    (sequence / "groundtruth.txt").write_text("1,2,3,4\n")
    words = "{} of 9,335 train sequences, 0 of 180 val sequences, 0 of 180 test sequences"
    assert check_sets({"got10k": tmp_path})["got10k"] == f"{tmp_path}: {words.format(0)}"
    (sequence / "00000001.jpg").write_bytes(b"")
    assert check_sets({"got10k": tmp_path})["got10k"] == f"{tmp_path}: {words.format(1)}"
    assert "otb2015" in check_sets({"otb2015": tmp_path / "none"})


@pytest.mark.slow
@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("row", ["atom_smooth_iou", "dimp50_smooth_iou", "prdimp50", "tomp50"])
def test_the_whole_chain_runs_in_small(row: str, embedded: bool, call: Callable[..., int], tmp_path: Path) -> None:
    checkout = () if embedded else ("--checkout", str(reference_checkout()))
    assert call(row, "--rehearse", "--out", str(tmp_path), *checkout) == 0
    written = json.loads((tmp_path / "rehearsal" / row / "rehearsal.json").read_text())
    assert set(written["scores"]) == {"lasot", "otb2015", "vot2018", "got10k_val"}
    assert all(len(scores["trackers"]) == 1 for scores in written["scores"].values())
    assert len(written["hours"]) == 13
