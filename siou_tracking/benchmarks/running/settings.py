"""What every process of a run must know."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from siou_tracking.benchmarks.base import AnyBenchmark
from siou_tracking.trackers import Tracker, build_tracker


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSettings:
    """One tracker on one benchmark; picklable, because worker processes are spawned."""

    benchmark: AnyBenchmark
    folder: Path
    """The tracker's results."""
    tracker: str
    """Name, or module:Class."""
    param: str | None = None
    weights: Path | None = None
    exported: bool = False
    """`weights` holds a whole tracker, see `build_exported`."""
    device: str | None = None
    seed: int = 0
    repetitions: int = 1
    """Runs on each sequence, each with a seed of its own; VOT2018 stops earlier after equal ones."""
    experiment: str = "baseline"
    """One of the benchmark's `experiments`."""
    workers: int = 1
    pytracking: Path | None = None
    """The checkout that `tracker` and `param` name something in."""
    dataset: str | None = None
    """The data as its trackers are told of them, see `build_tracker`."""
    amp: str | None = None
    compiled: bool = False

    def build(self, worker: int = 0, repetition: int = 1) -> Tracker:
        """A new tracker, so that what a sequence gives never depends on the ones before it.

        A checkout's tracker draws from the process's generators, which are seeded for each sequence and repetition.

        Raises:
            InputError: see `build_tracker`, `build_exported`.
        """
        if self.exported and self.weights is not None:
            from siou_tracking.trackers.exported.registry import build_exported

            return build_exported(self.weights, self.seed + repetition - 1)
        seed = self.seed + repetition - 1 if self.pytracking is None else None
        return build_tracker(
            self.tracker,
            self.param,
            weights=self.weights,
            device=_device(self.device, worker, self.workers),
            seed=seed,
            pytracking=self.pytracking,
            dataset=self.dataset,
            amp=self.amp,
            compiled=self.compiled,
        )


def _device(device: str | None, worker: int, workers: int) -> str | None:
    """The device of one worker: processes take turns over the GPUs of a machine unless one is named."""
    import torch

    gpus = torch.cuda.device_count()
    if device not in (None, "cuda") or gpus < 2:
        return device
    rank = os.environ.get("LOCAL_RANK", "0")
    return f"cuda:{((int(rank) if rank.isdecimal() else 0) * workers + worker) % gpus}"
