"""The SLURM script of docs/clusters.md on one machine: two torchrun agents for nodes, a notice, and the queue again.

`srun` and `scontrol` are stand-ins that start every task here and note what is asked of the queue.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from siou_tracking.ltr.admin.loading import read_checkpoint
from tests.faults.verbs import SETTINGS, plain

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 8
STAND_INS = {
    "srun": """#!/bin/bash
for node in 0 1; do SLURM_NODEID=$node "$@" & tasks="$tasks $!"; done
trap 'kill -TERM $tasks' TERM
for task in $tasks; do wait $task || code=$?; done
for task in $tasks; do wait $task || code=$?; done
exit $code
""",
    "scontrol": """#!/bin/bash
[ "$1" != show ] || echo 127.0.0.1
[ "$1" != requeue ] || echo "$2" >> requeued
""",
}


def make_job(folder: Path) -> Path:
    """The script as the page has it, of a training that takes seconds, with one process a node."""
    (folder / "toy").mkdir(parents=True)
    (folder / "toy/noise.py").write_text(SETTINGS.replace(".train(4,", f".train({EPOCHS},").replace("0.03", "0.1"))
    for name, text in STAND_INS.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    page = (ROOT / "docs/clusters.md").read_text("utf-8")
    found = re.search(r"<!-- slurm -->\n```bash\n(.*?)```", page, re.DOTALL)
    assert found is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = found[1]
    for old, new in (
        ("bbreg atom --box-loss smooth_iou --data all=/data", "toy/noise.py --device cpu --keep 2"),
        ("/shared/workspace", "w"),
        ("--nproc-per-node 8", "--nproc-per-node 1"),
        (":29500", f":{port}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "job.sh").write_text(text)
    return folder


def start(folder: Path) -> subprocess.Popen[bytes]:
    path = f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    slurm = {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "here", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(
            ["bash", "job.sh"], cwd=folder, env={**os.environ, **slurm, "PATH": path}, stdout=log, stderr=log
        )


def last_checkpoint(folder: Path) -> dict[str, object]:
    (path,) = folder.glob(f"w/checkpoints/**/*_ep{EPOCHS:04d}.pth.tar")
    return {key: plain(value) for key, value in read_checkpoint(path).items() if key in ("net", "optimizer", "epoch")}


def test_a_job_whose_time_is_up_goes_on_in_the_queue(tmp_path: Path) -> None:
    whole = make_job(tmp_path / "whole")
    assert start(whole).wait(300) == 0, (whole / "log.txt").read_text()[-3000:]
    assert not (whole / "requeued").exists()

    parts, jobs = make_job(tmp_path / "parts"), 0
    while not list(parts.glob(f"w/checkpoints/**/*_ep{EPOCHS:04d}.pth.tar")):
        before = set(parts.glob("w/checkpoints/**/*.pth.tar"))
        job, jobs = start(parts), jobs + 1
        while job.poll() is None and set(parts.glob("w/checkpoints/**/*.pth.tar")) <= before:
            time.sleep(0.05)
        if job.poll() is None:
            time.sleep(0.4 * jobs)
            job.send_signal(signal.SIGUSR1)
        job.wait(120)
        assert jobs < 3 * EPOCHS, (parts / "log.txt").read_text()[-3000:]
    log = (parts / "log.txt").read_text()
    stopped = log.count("stopped by SIGTERM")
    # A notice may come when the last job has trained and not yet ended: it is queued once more, and has nothing to do.
    assert (parts / "requeued").read_text().split() in (["7"] * stopped, ["7"] * (stopped + 1))
    assert jobs > 2 and stopped >= jobs - 1
    assert last_checkpoint(parts) == last_checkpoint(whole)
    assert not list(parts.glob("w/**/.*"))
