"""One tracker on one sequence of any benchmark, written in the benchmark's own dialect."""

from __future__ import annotations

import dataclasses
import glob
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.base import Sequence
from siou_tracking.benchmarks.files.writers import result_path, write_result
from siou_tracking.benchmarks.vot2018.data import VotSequence
from siou_tracking.benchmarks.vot2018.results import parse_run
from siou_tracking.benchmarks.vot2018.run import EQUAL_RUNS, run_experiment, seed_generators
from siou_tracking.errors import InputError
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.trackers import Tracker, build_tracker
from siou_tracking.trackers.follow import run_frames

Tick = Callable[[int], None]
# These annotations count pixels from 1 (LaSOT's 280: 8,198 boxes start at x = 1, 48 at 0), trackers index them from 0
_FIRST_PIXEL = dict.fromkeys(("otb2015", "lasot"), np.array([1.0, 1.0, 0.0, 0.0]))


@dataclasses.dataclass(frozen=True)
class Plan:
    """What every process of a run must know; picklable."""

    benchmark: str
    folder: Path
    """The tracker's results."""
    tracker: str
    """Name, or module:Class."""
    param: str | None = None
    weights: Path | None = None
    device: str | None = None
    seed: int = 0
    repetitions: int = 1
    """Runs on each sequence, each with a seed of its own; VOT2018 stops earlier after equal ones."""
    experiment: str = "baseline"
    """Of VOT2018."""
    workers: int = 1
    pytracking: Path | None = None
    """The checkout that `tracker` and `param` name something in."""

    def build(self, worker: int = 0, repetition: int = 1) -> Tracker:
        """A new tracker, so that what a sequence gives never depends on the ones before it.

        A checkout's tracker draws from the process's generators, which are seeded for each sequence and repetition.

        Raises:
            InputError: see `build_tracker`.
        """
        seed = self.seed + repetition - 1 if self.pytracking is None else None
        return build_tracker(
            self.tracker,
            self.param,
            weights=self.weights,
            device=_device(self.device, worker, self.workers),
            seed=seed,
            pytracking=self.pytracking,
        )


class SequenceRunner:
    """Runs sequences in one process.

    Args:
        plan: see `Plan`.
        worker: number of the process; picks a GPU where there are several.

    Raises:
        InputError: the tracker cannot be built.
    """

    def __init__(self, plan: Plan, worker: int = 0) -> None:
        self._plan, self._worker = plan, worker
        self._session = _open_session(self, plan)
        self._ready: Tracker | None = plan.build(worker)  # built now: what cannot be built is said before any sequence

    def __call__(self, sequence: Sequence | VotSequence, tick: Tick) -> None:
        """Run what is missing of one sequence; `tick` is told the frames that passed.

        Raises:
            InputError: an image that cannot be read, a first box that cannot be used, an answer that is not a box.
        """
        _remove_leftovers(self._plan, sequence.name)
        if isinstance(sequence, VotSequence):
            self._run_vot(sequence, tick)
        else:
            self._run_one_pass(sequence, tick)

    def _tracker(self, repetition: int) -> Tracker:
        ready, self._ready = self._ready, None
        return ready if ready is not None and repetition == 1 else self._plan.build(self._worker, repetition)

    def _run_one_pass(self, sequence: Sequence, tick: Tick) -> None:
        plan = self._plan
        if not sequence.frames:
            raise InputError(f"{plan.benchmark}: {sequence.name}: no images, only annotations")
        shift = _FIRST_PIXEL.get(plan.benchmark, np.zeros(4))
        for repetition in range(1, plan.repetitions + 1):
            if result_path(plan.folder, sequence.name, plan.benchmark, repetition).is_file():
                tick(len(sequence))
                continue
            seed_generators(plan.seed, sequence.name, repetition)
            images = _ticking(sequence.frames, tick)
            boxes, seconds = run_frames(self._tracker(repetition), images, sequence.ground_truth[0] - shift)
            boxes[0] = sequence.ground_truth[0] - shift
            write_result(plan.folder, sequence.name, boxes + shift, plan.benchmark, seconds, repetition)

    def _run_vot(self, sequence: VotSequence, tick: Tick) -> None:
        plan = self._plan

        def read(path: Path) -> np.ndarray:
            tick(1)
            return default_image_loader(path)

        run_experiment(
            self._tracker(1),
            [sequence],
            plan.folder.parent,
            plan.folder.name,
            experiment=plan.experiment,
            repetitions=plan.repetitions,
            seed=plan.seed,
            read=read,
            progress=False,
        )


def is_finished(plan: Plan, sequence: Sequence | VotSequence) -> bool:
    """Whether all results of a sequence are there.

    Raises:
        InputError: a result of another length than the sequence: it was made on other data.
    """
    if isinstance(sequence, VotSequence):
        folder = plan.folder / plan.experiment / sequence.name
        files = [folder / f"{sequence.name}_{number:03d}.txt" for number in range(1, plan.repetitions + 1)]
        there = [file for file in files if file.is_file()]
        rows = [len(parse_run(file.read_bytes(), str(file))) for file in there]
        equal = len(there) >= EQUAL_RUNS and len({file.read_bytes() for file in files[:EQUAL_RUNS]}) == 1
    else:
        runs = range(1, plan.repetitions + 1)
        files = [result_path(plan.folder, sequence.name, plan.benchmark, run) for run in runs]
        there = [file for file in files if file.is_file()]
        rows, equal = [file.read_bytes().count(b"\n") for file in there], False
    for file, count in zip(there, rows, strict=True):
        if count != len(sequence):
            raise InputError(
                f"{file}: an earlier result of {count} rows, the sequence has {len(sequence)} frames: was it made on "
                "other data?"
            )
    return equal or len(there) == len(files)


def _open_session(runner: SequenceRunner, plan: Plan) -> weakref.finalize | None:
    """A checkout's modules stay imported from the first sequence to the last: each tracker alone would load them."""
    if plan.pytracking is None:
        return None
    from siou_tracking.bridge.checkout import find_checkout
    from siou_tracking.bridge.held_session import hold_session

    return weakref.finalize(runner, hold_session(find_checkout(plan.pytracking)))


def _ticking(frames: list[Path], tick: Tick) -> Iterator[np.ndarray]:
    for path in frames:
        yield default_image_loader(path)
        tick(1)


def _remove_leftovers(plan: Plan, name: str) -> None:
    """Temporary files of a process that was killed while it wrote a result of this sequence."""
    if plan.benchmark == "vot2018":
        folder = plan.folder / plan.experiment / name
    else:
        folder = result_path(plan.folder, name, plan.benchmark).parent
    for file in folder.glob(f".{glob.escape(name)}*.tmp.*"):
        file.unlink(missing_ok=True)


def _device(device: str | None, worker: int, workers: int) -> str | None:
    """The device of one worker: processes take turns over the GPUs of a machine unless one is named."""
    import torch

    gpus = torch.cuda.device_count()
    if device not in (None, "cuda") or gpus < 2:
        return device
    return f"cuda:{(int(os.environ.get('LOCAL_RANK', 0)) * workers + worker) % gpus}"
