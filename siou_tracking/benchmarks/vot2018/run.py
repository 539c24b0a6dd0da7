"""Run a tracker by VOT's reset-based experiment and write its raw results.

The tracker starts on the first frame. When its region no longer overlaps the annotation it has failed: it is started
again five frames later. Every sequence is run up to 15 times; after three equal runs the tracker counts as
deterministic and the rest is left out. `vot2018.realtime` has the real-time variant of one run.

Results appear as RESULTS/<tracker>/<experiment>/<sequence>/<sequence>_001.txt with the seconds per frame beside them in
<sequence>_001_time.value, as vot-toolkit lays them out. A file appears when its run is over, so a run that was stopped
goes on where it was; the global random generators are seeded per run, so it goes on to the same bytes on the same
machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from siou_tracking.benchmarks.base import Tick
from siou_tracking.benchmarks.seeds import seed_generators
from siou_tracking.benchmarks.vot2018.data import VotSequence
from siou_tracking.benchmarks.vot2018.polygons import Regions, area_preserving_boxes, enclosing_boxes
from siou_tracking.benchmarks.vot2018.protocol import REPETITIONS, SKIP, Overlap, find_protocol
from siou_tracking.benchmarks.vot2018.results import EQUAL_RUNS, is_deterministic, parse_run
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.files import write_text
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.untrusted.names import printable
from siou_tracking.untrusted.reading import read_input

if TYPE_CHECKING:
    from siou_tracking.trackers import Tracker

START_BOXES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "enclosing": enclosing_boxes,
    "area": area_preserving_boxes,
}


@dataclass
class Trial:
    """What one run needs: the tracker, one sequence, and how boxes are compared and time is told.

    tracker: has `initialize(image, {"init_bbox": [x, y, w, h]})` and `track(image) -> {"target_bbox": [x, y, w, h]}`;
        images are (H, W, 3) uint8 RGB.
    sequence: with image files.
    overlap: decides failures.
    start_boxes: (frames, 4) boxes x, y, w, h to start the tracker with.
    clock: seconds, only differences count.
    read: image file -> RGB image.
    """

    tracker: Tracker
    sequence: VotSequence
    overlap: Overlap
    start_boxes: np.ndarray
    clock: Callable[[], float]
    read: Callable[[Path], np.ndarray]

    def start(self, frame: int) -> float:
        """Initialize the tracker on a frame; returns the seconds it took."""
        image = self.read(self.sequence.frames[frame])
        began = self.clock()
        self.tracker.initialize(image, {"init_bbox": self.start_boxes[frame].tolist()})
        return self.clock() - began

    def follow(self, frame: int) -> tuple[str, float]:
        """The tracker's box in a frame as a result row, and the seconds it took."""
        image = self.read(self.sequence.frames[frame])
        began = self.clock()
        box = self.tracker.track(image)["target_bbox"]
        seconds = self.clock() - began
        values = np.asarray(box, dtype=np.float64).reshape(-1)
        if values.shape != (4,) or not np.isfinite(values).all():
            where = f"frame {frame + 1} of {self.sequence.name}"
            raise InputError(f"tracker: {where}: returned {box!r}, allowed is [x, y, w, h] of finite numbers")
        return ",".join(f"{value:.4f}" for value in values), seconds

    def lost(self, row: str, frame: int) -> bool:
        """Whether a result row has no overlap with the annotation of a frame."""
        found = Regions.from_rows([[float(value) for value in row.split(",")]])
        limits = np.array([[self.sequence.width - 1, self.sequence.height - 1]])
        return float(self.overlap(found, self.sequence.regions[frame : frame + 1], limits)[0]) <= 0


Runner: TypeAlias = Callable[[Trial, Tick], tuple[list[str], list[str]]]
"""One run: result rows and seconds of every frame."""


def run_supervised(trial: Trial, tick: Tick = lambda frames: None) -> tuple[list[str], list[str]]:
    """One run: result rows and seconds (empty where the tracker was not asked) for every frame.

    Args:
        trial: tracker, sequence and rules.
        tick: called with the number of frames that passed.
    """
    count = len(trial.sequence)
    rows, seconds = ["0"] * count, [""] * count
    frame, starting = 0, True
    while frame < count:
        if starting:
            rows[frame], seconds[frame] = "1", f"{trial.start(frame):.6f}"
            starting = False
            step = 1
        else:
            row, took = trial.follow(frame)
            starting = trial.lost(row, frame)
            rows[frame], seconds[frame] = "2" if starting else row, f"{took:.6f}"
            step = SKIP if starting else 1
        tick(min(step, count - frame))
        frame += step
    return rows, seconds


def run_experiment(
    tracker: Tracker,
    sequences: Iterable[VotSequence],
    results: str | os.PathLike[str],
    name: str,
    *,
    experiment: str = "baseline",
    repetitions: int | None = None,
    start_box: str = "enclosing",
    protocol: str = "official",
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
    read: Callable[[Path], np.ndarray] = default_image_loader,
    progress: bool = True,
) -> Path:
    """Run one tracker on sequences and write what is not there yet.

    Args:
        tracker: `initialize` and `track` as in `Trial`.
        sequences: with image files.
        results: folder that holds a folder per tracker.
        name: the tracker's folder.
        experiment: "baseline" or "realtime".
        repetitions: runs per sequence; None: 15, or 1 for "realtime".
        start_box: how a polygon becomes the box that starts the tracker: "enclosing", the smallest box around it as the
            toolkits do, or "area", shrunk to the polygon's area as pysot and got10k do.
        protocol: whose overlap decides failures; see `vot2018.protocol`.
        seed: seeds Python's, numpy's and torch's global generators together with the sequence and repetition.
        clock: seconds; only differences count.
        read: image file -> (H, W, 3) uint8 RGB.
        progress: show a bar.

    Returns:
        RESULTS/<name>.

    Raises:
        InputError: no images, an image that cannot be read, a box that is not four finite numbers, an earlier result of
            another length, or an unknown name.
    """
    if start_box not in START_BOXES:
        raise unknown_name("start box", start_box, START_BOXES)
    runner = _runner(experiment)
    runs = repetitions or (REPETITIONS if experiment == "baseline" else 1)
    overlap = find_protocol(protocol).overlap
    sequences = list(sequences)
    for sequence in sequences:
        if not sequence.frames:
            where = f" at {sequence.image_pattern}" if sequence.image_pattern else ", only annotations"
            raise InputError(f"VOT: {sequence.name}: no images{where}; a folder with images is needed")
    root = Path(results) / name
    with _bar(sum(map(len, sequences)), name, progress) as bar:
        for sequence in sequences:
            boxes = START_BOXES[start_box](sequence.regions.corners)
            trial = Trial(tracker, sequence, overlap, boxes, clock, read)
            _run_sequence(trial, runner, root / experiment / sequence.name, runs, seed, bar)
    return root


def _runner(experiment: str) -> Runner:
    from siou_tracking.benchmarks.vot2018.realtime import run_realtime

    runners: dict[str, Runner] = {"baseline": run_supervised, "realtime": run_realtime}
    if experiment not in runners:
        raise unknown_name("VOT experiment", experiment, runners)
    return runners[experiment]


def _run_sequence(trial: Trial, runner: Runner, folder: Path, runs: int, seed: int, bar: Any) -> None:
    """Run what is missing of one sequence; the bar moves once per frame of the first run."""
    name = trial.sequence.name
    files = [folder / f"{name}_{repetition:03d}.txt" for repetition in range(1, runs + 1)]
    for repetition, file in enumerate(files, 1):
        if repetition == EQUAL_RUNS + 1 and is_deterministic(files):
            break
        bar.set_postfix_str(f"{printable(name)} run {repetition}", refresh=False)
        if file.is_file():
            _check_earlier(file, len(trial.sequence))
            bar.update(len(trial.sequence) if repetition == 1 else 0)
        else:
            seed_generators(seed, name, repetition)
            rows, seconds = runner(trial, bar.update if repetition == 1 else lambda frames: None)
            write_text(folder / f"{name}_{repetition:03d}_time.value", "\n".join(seconds) + "\n")
            write_text(file, "\n".join(rows) + "\n")  # last: a result that is there is complete


def _check_earlier(file: Path, length: int) -> None:
    rows = len(parse_run(read_input(file), str(file)))
    if rows != length:
        raise InputError(f"{file}: an earlier result of {rows} rows, the sequence has {length} frames: other data?")


def _bar(total: int, name: str, progress: bool) -> Any:  # Any: tqdm has no types
    from tqdm import tqdm

    return tqdm(total=total, desc=f"vot {printable(name)}", unit="frame", disable=None if progress else True)
