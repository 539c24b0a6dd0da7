"""A process of several under torchrun that is killed again and again: the training ends as a clean one does.

Slow, and run by name; FAULT_KILLS=25 kills so often.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.verbs import VERBS, take

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FAULT_KILLS", "6"))
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600


def start(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", f"--max-restarts={KILLS}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, *launcher, "-m", "siou_tracking", *words],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )


def ranks(process: subprocess.Popen[bytes]) -> list[int]:
    """Process numbers of the trainings at work: the launcher's children."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in children.read_text().split()] if children.exists() else []


def test_ranks_that_are_killed_are_started_again(tmp_path: Path) -> None:
    words, out = VERBS["train"](tmp_path)
    settings = tmp_path / "toy/noise.py"
    settings.write_text(settings.read_text().replace(".train(4,", f".train({KILLS + 4},"))
    assert start(words, tmp_path).wait(PATIENCE) == 0, (tmp_path / "log.txt").read_text()[-3000:]
    clean = take(tmp_path / out)

    process, rng, kills = start(words, tmp_path), random.Random(0), 0
    seen: set[Path] = set()
    while process.poll() is None:
        found = set((tmp_path / out).rglob("*.pth.tar"))
        if kills < KILLS and found > seen:
            time.sleep(0.3 * rng.random())
            if pids := ranks(process):
                os.kill(rng.choice(pids), signal.SIGKILL)
                kills, seen = kills + 1, found
        time.sleep(0.02)
    assert process.returncode == 0, (tmp_path / "log.txt").read_text()[-3000:]
    assert kills == KILLS
    assert take(tmp_path / out) == clean
    assert not list(tmp_path.rglob(".*"))
    print(f"\npassed: {kills} ranks killed")
