"""One engine in a process of its own, which takes a training step when it is told to.

Each process has its own heap: what one engine keeps of it, or gives back, is not the other's.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any  # a batch of either engine

import torch

from experiments.common import start
from experiments.engine_speed.engines import Training, build_ours, build_theirs
from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.trainers.kept_memory import keep_freed_memory

BATCH = 2
DATA = "a sample drawn and processed"
ENGINES = ("ours", "checkout")
_SHARED = "weights and batch.pt"
_held: dict[str, Any] = {}
_left_open = contextlib.ExitStack()
"""Holds the checkout's packages, until `finish`."""


def start_worker() -> concurrent.futures.ProcessPoolExecutor:
    """A process for one engine."""
    return concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), start)


def prepare(engine: str, checkout: Path, module: str, name: str, folder: Path) -> None:
    """Build the settings file's training; weights and batch are those of "ours", which must be prepared first.

    Args:
        engine: one of `ENGINES`. Ours keeps freed memory, as its `train` does; the checkout's does not.
        checkout, module, name: the settings file.
        folder: of pictures, where weights and batch are kept for the other engine.
    """
    found, environment = find_checkout(checkout), build_environment(folder, {"all": folder})
    if engine == "ours":
        keep_freed_memory(torch.device("cpu"))
        training = build_ours(found, module, name, environment)
        batch = training.draw(BATCH)
        torch.save((training.actor.net.state_dict(), batch), folder / _SHARED)
    else:
        training = _left_open.enter_context(build_theirs(found, module, name, environment))
        state, batch = torch.load(folder / _SHARED, weights_only=False)  # written by the other process, just now
        training.actor.net.load_state_dict(state)
    _held.update(training=training, batch=batch)


def step(turn: int) -> dict[str, float]:
    """Milliseconds of processor time of each part of a step, and of a sample drawn."""
    training: Training = _held["training"]
    times: dict[str, float] = {}
    note = stopwatch(times)
    training.step(_held["batch"], note)
    training.sampler[turn]
    note(DATA)
    return times


def finish() -> None:
    """Leave the checkout, before the process ends."""
    _held.clear()
    _left_open.close()


def stopwatch(times: dict[str, float]) -> Callable[[str], None]:
    """Called at the end of each part, with its name."""
    last = [time.process_time()]

    def note(part: str) -> None:
        now = time.process_time()
        times[part] = 1000 * (now - last[0])
        last[0] = now

    return note
