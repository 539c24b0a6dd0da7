"""A run that is killed without warning and started again gives what an unbroken run gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from siou_tracking.benchmarks.running.run import run_benchmark
from tests.benchmarks.running.scripted import boxes_of, lab, otb

__all__ = ["lab"]

LENGTHS = {"A": 9, "B": 8, "C": 7, "D": 6, "E": 5}
PATIENCE = 300  # seconds a busy machine may take to start Python


def kill_half_way(lab: Path, workers: int) -> None:
    """Start the slow tracker from the command line; SIGKILL when two sequences are finished."""
    environment = dict(os.environ, STARTS=str(lab / "starts"), SLOW="0.15", OMP_NUM_THREADS="1")
    words = ["run", "my_trackers:Scripted", "--benchmark", "otb2015", "--data", "data", "--results", "killed"]
    command = [sys.executable, "-m", "siou_tracking", *words, "--workers", str(workers)]
    process = subprocess.Popen(command, cwd=lab, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while len(boxes_of(lab / "killed")) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    time.sleep(1.5)  # long enough for an orphaned worker to end a sequence, had its parent's death not ended it


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_goes_on_to_the_same_bytes(lab: Path, workers: int) -> None:
    data = otb(lab / "data", LENGTHS)
    unbroken = boxes_of(run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "unbroken").folder)
    (lab / "starts").unlink()
    kill_half_way(lab, workers)
    folder = lab / "killed/my_trackers.Scripted"
    kept = boxes_of(folder)
    assert 2 <= len(kept) < len(LENGTHS)
    assert kept.items() <= unbroken.items()  # no half file, nothing else
    before = {name: (folder / name).stat().st_mtime_ns for name in kept}
    (lab / "starts").unlink()

    report = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "killed", workers=workers)
    assert sorted(f"{name}.txt" for name in report.found) == sorted(kept)
    assert boxes_of(folder) == unbroken
    assert {name: (folder / name).stat().st_mtime_ns for name in kept} == before
    numbers = {f"{name}.txt": str(number) for number, name in enumerate(LENGTHS, 1)}
    again = [line.split()[0] for line in (lab / "starts").read_text().splitlines()]
    assert sorted(again) == sorted(numbers[name] for name in set(unbroken) - set(kept))
    assert not list(folder.glob(".*"))
