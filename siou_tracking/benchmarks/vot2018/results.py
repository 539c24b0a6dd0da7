"""Raw results of the reset-based experiment: a row a frame, `1` initialization, `2` failure, `0` skipped, or a region.

Layouts read, as folders or as .zip and .tar archives (xz, gz, bz2), with any number of trackers side by side:

    <tracker>/baseline/<sequence>/<sequence>_001.txt .. _015.txt     MATLAB toolkit, pysot, `vot` workspaces
    baseline/<sequence>/<sequence>_001.txt                           one tracker; also what `vot pack` writes
    <sequence>/<sequence>_001.txt                                    one experiment of one tracker

A region is x,y,width,height or the eight numbers of four corners. vot-toolkit's binary files (.bin in place of .txt)
are read too. Times and other files are passed over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.vot2018.binary import parse_trajectory
from siou_tracking.benchmarks.vot2018.polygons import ALLOWED, LARGEST, Regions
from siou_tracking.errors import InputError

SKIPPED, INITIALIZED, FAILED, TRACKED = 0, 1, 2, 3
EQUAL_RUNS = 3  # equal runs after which a tracker counts as deterministic
_MARKERS = {"0": SKIPPED, "1": INITIALIZED, "2": FAILED}
_RUN_FILE = re.compile(
    r"(?:(?P<prefix>.*)/)?(?P<sequence>[^/]+)/(?P=sequence)_(?P<repetition>\d{3})\.(?P<kind>txt|bin)"
)
_ALLOWED_MARKERS = "1 (initialized), 2 (failed), 0 (skipped)"
_ONE_PASS = (
    "accuracy, robustness and EAO need reset-based results, where the tracker is restarted after each failure; "
    "they cannot be computed from one-pass results: run the tracker with the reset-based experiment"
)


@dataclass(frozen=True)
class Run:
    """One repetition on one sequence.

    kinds: (frames,) int8: SKIPPED, INITIALIZED, FAILED or TRACKED.
    regions: one region for each TRACKED frame, in order.
    source: file name, for messages.
    """

    kinds: np.ndarray
    regions: Regions
    source: str

    def __len__(self) -> int:
        return len(self.kinds)

    def cut(self, length: int) -> Run:
        """The first `length` frames."""
        kinds = self.kinds[:length]
        return Run(kinds, self.regions[: int((kinds == TRACKED).sum())], self.source)


Results = dict[str, list[Run]]  # sequence name -> repetitions in order


def load_results(source: str | os.PathLike[str], experiment: str = "baseline") -> dict[str, Results]:
    """Read every tracker's runs of one experiment.

    Args:
        source: a folder or an archive in one of the layouts above.
        experiment: the experiment folder to read where there are several.

    Returns:
        tracker name -> sequence name -> runs in the order of their numbers.

    Raises:
        InputError: nothing there, one-pass results, or a row that cannot be read (file:line).
    """
    files = FileTree(source)
    found: dict[str, dict[str, dict[int, Run]]] = {}
    others, seen = [], set()
    for name in files.paths:
        match = _RUN_FILE.fullmatch(name)
        if not match:
            others.append(name)
            continue
        tracker, folder = _tracker_of(match["prefix"] or "", files, experiment)
        seen.add(folder)
        if folder not in (experiment, ""):
            continue
        run = parse_run(files.read(name), files.where(name))
        found.setdefault(tracker, {}).setdefault(match["sequence"], {})[int(match["repetition"])] = run
    if not found:
        raise _nothing_found(files.path, experiment, others, seen)
    return {
        tracker: {name: [runs[number] for number in sorted(runs)] for name, runs in sequences.items()}
        for tracker, sequences in sorted(found.items())
    }


def parse_run(content: bytes, where: str) -> Run:
    """Read one result file.

    Args:
        content: the file's bytes.
        where: its name, for messages.

    Raises:
        InputError: an empty file, a row that is no marker and no region, a number that is not finite or too large
            (file:line), or a first row other than the initialization `1`.
    """
    if where.endswith(".bin"):
        rows = parse_trajectory(content, where)
    else:
        text = content.decode("utf-8", "replace").removeprefix("\ufeff").rstrip()
        lines = [line.strip() for line in text.split("\n")]
        quick = _quick_run(lines, where)
        if quick is not None:
            return quick
        rows = [_row(line, f"{where}:{number}") for number, line in enumerate(lines, 1)]
    for number, row in enumerate(rows, 1):
        if isinstance(row, int) and row not in (SKIPPED, INITIALIZED, FAILED):
            raise InputError(f"{where}:{number}: unknown marker {row}, allowed are {_ALLOWED_MARKERS}")
    kinds = np.array([row if isinstance(row, int) else TRACKED for row in rows], dtype=np.int8)
    regions = Regions.from_rows([row for row in rows if not isinstance(row, int)], where)
    return _started(Run(kinds, regions, where))


def is_deterministic(files: Sequence[Path]) -> bool:
    """Whether the first three repetitions are there and equal, so that no other is asked for.

    Args:
        files: the repetitions on one sequence, in order, there or not.
    """
    return are_equal([file.read_bytes() for file in files[:EQUAL_RUNS] if file.is_file()])


def are_equal(contents: Sequence[bytes]) -> bool:
    """Whether the first three of a tracker's runs, as the bytes of their files, are there and equal."""
    first = contents[:EQUAL_RUNS]
    return len(first) == EQUAL_RUNS and len(set(first)) == 1


def _started(run: Run) -> Run:
    if not len(run) or run.kinds[0] != INITIALIZED:
        raise InputError(f"{run.source}:1: a reset-based run starts with the marker 1: {_ONE_PASS}")
    return run


def refuse_one_pass(run: Run, misses: int) -> None:
    """Raise when a run goes on through lost frames that the reset-based experiment would have ended.

    Args:
        run: a run.
        misses: how many of its tracked frames have no overlap with the annotation.

    Raises:
        InputError: ten frames or more without overlap, and not one failure marked.
    """
    if misses >= 10 and not (run.kinds == FAILED).any():
        raise InputError(f"{run.source}: {misses} frames miss the target and no failure is marked: {_ONE_PASS}")


def _quick_run(lines: list[str], where: str) -> Run | None:
    """All rows at once when each has the same count of plain numbers; None asks for the careful way."""
    kinds = np.array([_MARKERS.get(line, TRACKED) for line in lines], dtype=np.int8)
    tracked = [lines[index] for index in np.flatnonzero(kinds == TRACKED)]
    columns = tracked[0].count(",") + 1 if tracked else 4
    if columns not in (4, 8) or any(line.count(",") != columns - 1 for line in tracked):
        return None
    try:
        values = np.array(",".join(tracked).split(",") if tracked else [], dtype=np.float64).reshape(-1, columns)
    except ValueError:
        return None
    return _started(Run(kinds, Regions.from_rows(values), where)) if (np.abs(values) < LARGEST).all() else None


def _row(line: str, where: str) -> int | list[float]:
    try:
        values = [float(value) for value in line.replace(",", " ").split()]
    except ValueError:
        raise InputError(f"{where}: got '{line[:40]}', allowed are 0, 1, 2 or a region of 4 or 8 numbers") from None
    if len(values) == 1 and values[0] in (0.0, 1.0, 2.0):
        return int(values[0])
    if len(values) == 1:
        raise InputError(f"{where}: unknown marker '{line[:40]}', allowed are {_ALLOWED_MARKERS}")
    if len(values) not in (4, 8):
        raise InputError(f"{where}: got {len(values)} numbers, allowed are 4 (x,y,w,h) or 8 (four corners)")
    if not (np.abs(values) < LARGEST).all():
        raise InputError(f"{where}: got '{line[:60]}', allowed are {ALLOWED}")
    return values


def _tracker_of(prefix: str, files: FileTree, experiment: str) -> tuple[str, str]:
    """Tracker and experiment folder from what lies before `<sequence>/`; the source's own name fills a gap."""
    own = files.name or "tracker"
    parts = [part for part in prefix.split("/") if part]
    if not parts and own == experiment:
        return files.path.resolve().parent.name, experiment
    folder = parts.pop() if parts else ""
    return (parts[-1] if parts else own), folder


def _nothing_found(path: Path, experiment: str, others: list[str], seen: set[str]) -> InputError:
    if seen:
        return InputError(f"VOT results: {path}: no experiment '{experiment}', it has {', '.join(sorted(seen))}")
    if any(name.endswith(".txt") for name in others):
        example = next(name for name in others if name.endswith(".txt"))
        return InputError(f"VOT results: {path}: got one-pass files such as {example}: {_ONE_PASS}")
    return InputError(f"VOT results: {path}: no <tracker>/{experiment}/<sequence>/<sequence>_001.txt in it")
