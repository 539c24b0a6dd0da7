"""Trainings of a fake checkout as `torchrun` starts them, each in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from siou_tracking.ltr.admin.loading import read_checkpoint

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = ("--no-pretrained", "--device", "cpu")

SETTINGS = """
import importlib, os, random, signal
import numpy as np, torch
from torch import nn
from ltr.actors import tracking
from ltr.data import sampler

ORIGINAL, FIXED, KILL, BREAK = {original!r}, {fixed!r}, {kill!r}, {broken!r}
RANK, AGAIN = int(os.environ.get("RANK", 0)), os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"
if (RANK, 0) == KILL and not AGAIN:
    os.kill(os.getpid(), signal.SIGKILL)


def run(settings):
    draw, drawn = sampler.TrackingSampler.__getitem__, []

    def read(self, index):
        drawn.append(index)
        if (RANK, len(drawn)) == KILL and not AGAIN:
            os.kill(os.getpid(), signal.SIGKILL)
        for seed in (random.seed, np.random.seed, torch.manual_seed) if FIXED else ():
            seed(1000 + index)
        return draw(self, index)

    sampler.TrackingSampler.__getitem__ = read
    if FIXED:
        nn.BatchNorm2d.train = lambda self, mode=True: nn.Module.train(self, False)
    call = tracking.DiMPActor.__call__
    if BREAK == "parts":
        tracking.DiMPActor.__call__ = lambda self, data: call(type(self)(self.net.module, self.objective), data)
    if BREAK == "loss":
        tracking.DiMPActor.__call__ = lambda self, data: (call(self, data)[0] * (float("nan") if RANK else 1), {{}})
    if BREAK == "second" and RANK == 1:
        raise RuntimeError("only here")
    importlib.import_module("ltr.train_settings." + ORIGINAL).run(settings)
"""
"""A settings file that changes an original: samples by their number and fixed batch norms, a process that is killed at
its n-th sample, or before it has a trainer (0), an actor that goes past the network's wrapper, a loss that is NaN, an
error of one process."""


def write_settings(
    folder: Path,
    original: str = "dimp.dimp18",
    fixed: bool = False,
    kill: tuple[int, int] | None = None,
    broken: str = "",
) -> Path:
    """A FILE.py for `train`, filed as "shares"."""
    folder.mkdir(exist_ok=True)
    path = folder / "shares.py"
    path.write_text(SETTINGS.format(original=original, fixed=fixed, kill=kill, broken=broken))
    return path


def train(processes: int, *words: object, restarts: int = 0, code: int = 0) -> str:
    """`siou-tracking train WORDS` in several processes, or in one without torchrun; what they print, both streams.

    Args:
        restarts: how often torchrun starts them again.
        code: exit status that is expected; torchrun's own is 1 for any error.
    """
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    launcher = [*launcher, f"--max-restarts={restarts}"] if processes > 1 else []
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "siou_tracking", "train", *map(str, words), *OPTIONS],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TORCH_CPP_LOG_LEVEL": "ERROR"},
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def last_checkpoint(workspace: Path) -> dict[str, Any]:
    """Content of the newest one in a workspace of one run."""
    return read_checkpoint(sorted(workspace.rglob("*.pth.tar"))[-1])


def histories(content: dict[str, Any]) -> dict[tuple[str, str], list[float]]:
    """Every statistic of a checkpoint, by loader and name."""
    return {
        (loader, name): meter.history
        for loader, values in content["stats"].items()
        for name, meter in (values or {}).items()
    }
