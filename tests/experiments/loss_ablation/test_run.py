"""The study's command: goes on where it stopped, and refuses in one line before anything is trained."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.loss_ablation import run, tracks
from experiments.loss_ablation.jobs import Job, list_jobs
from experiments.loss_ablation.plan import QUICK, Parts, tracker_name
from experiments.loss_ablation.scoring import Numbers, score_job
from experiments.parts import Unit
from siou_tracking.files import write_json


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["run", *arguments])
    return run.main()


def pretend(job: Job) -> Numbers:
    for one in job.sequences:
        path = job.parts.tracks / job.name / f"{one.name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(path, one.ground_truth + np.array([1, 0, 0, 0]), delimiter=",")
    return score_job(job)


def test_a_quick_look_writes_everything_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "run_job", pretend)
    assert call(monkeypatch, "--quick", "--out", str(tmp_path)) == 0
    result = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert result["quick"] and list(result["families"]["atom_lite"]) == ["iou", "smooth_iou"] and result["seeds"] == 2
    assert all((tmp_path / name).stat().st_size > 5_000 for name in ("forest.png", "sequences.png"))
    assert "| atom_lite | smooth_iou |" in (tmp_path / "table.md").read_text("utf-8")
    monkeypatch.setattr(tracks, "run_job", lambda job: pytest.fail("again"))
    shutil.rmtree(tmp_path / "parts")  # scores are enough
    assert call(monkeypatch, "--quick", "--out", str(tmp_path), "--losses", "siou") == 0


def test_families_that_are_not_asked_for_stay_in_the_result(tmp_path: Path) -> None:
    here = {"plan": {"epochs": 1}, "seeds": 2, "sequences": {"a": 3}, "protocol": "OPE"}
    now = {**here, "families": {"dimp_lite": 1}}
    path = tmp_path / "results.json"
    assert run.with_others(now, path) == {"dimp_lite": 1}
    write_json(path, {**here, "families": {"tomp_lite": 2, "dimp_lite": 3, "atom_lite": 4}})
    assert list(run.with_others(now, path).items()) == [("atom_lite", 4), ("dimp_lite", 1), ("tomp_lite", 2)]
    write_json(path, {**here, "seeds": 3, "families": {"atom_lite": 4}})
    assert run.with_others(now, path) == {"dimp_lite": 1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--real: not given; this study needs real pictures"),
        (("--real", "nowhere"), "--real: nowhere/test/otb: no such folder|--real: nowhere: no such folder"),
        (("--families", "atom_lit"), "unknown family 'atom_lit'.*atom_lite"),
        (("--losses", "piou"), "take piou_v1"),
        (("--quick", "--long"), "--long: got --quick too, allowed is one of them"),
        (("--seeds", "0"), "--seeds: got 0, allowed are whole numbers from 1"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, "--out", str(tmp_path), *arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and re.search(words, error)
    assert list(tmp_path.iterdir()) == []


def test_the_first_training_of_each_family_runs_before_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[list[str], int | None]] = []

    def note(_: object, units: list[Unit], workers: int | None, *__: str) -> list[Numbers]:
        calls.append(([unit.file.stem.rpartition("-")[0] for unit in units], workers))
        return [{}] * len(units)

    monkeypatch.setattr(tracks, "run_units", note)
    monkeypatch.setattr(Job, "count_missing", lambda job: 1)
    jobs = list_jobs(QUICK, Parts(tmp_path), [], {"atom_lite": ["iou", "diou"], "tomp_lite": ["giou"]}, 1)
    assert list(tracks.run_all(jobs, tmp_path, 2)) == jobs
    (alone, one), (everything, two) = calls
    first = {tracker_name("atom_lite", "iou", 0), tracker_name("tomp_lite", "giou", 0)}
    assert (set(alone), one, two) == (first, 1, 2)
    assert first < set(everything) and tracker_name("atom_lite", "diou", 0) in everything

    monkeypatch.setattr(Job, "count_missing", lambda job: int(job.loss != "iou"))  # ATOM's features are there
    tracks.run_all(jobs, tmp_path, 2)
    assert calls[2][0] == [tracker_name("tomp_lite", "giou", 0)]
    for job in jobs[-2:]:
        if job.family == "tomp_lite":
            write_json(tmp_path / f"{job.name}.json", {"made_from": {}, "part": {}})  # of something else
    tracks.run_all(jobs, tmp_path, 2)
    assert calls[4][0] == calls[2][0]


def test_a_family_has_its_baseline_first_and_each_loss_once() -> None:
    assert run.list_losses("atom_lite", ["siou", "iou", "smooth_iou"]) == ["iou", "smooth_iou"]


def test_the_page_has_the_stored_table_or_says_that_there_is_none() -> None:
    folder = Path(run.__file__).parent
    stored, page = json.loads((folder / "results.json").read_text("utf-8")), (folder / "README.md").read_text("utf-8")
    assert (run.write_table(stored) in page) is not stored["quick"]
    assert ("No full run is stored yet" in page) is stored["quick"]
