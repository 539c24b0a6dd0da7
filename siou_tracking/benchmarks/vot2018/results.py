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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.files.strays import find_strays
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.vot2018.binary import parse_trajectory
from siou_tracking.benchmarks.vot2018.polygons import ALLOWED, LARGEST, Regions
from siou_tracking.errors import InputError
from siou_tracking.untrusted.names import printable
from siou_tracking.untrusted.reading import read_input

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


Results: TypeAlias = Mapping[str, list[Run]]
"""Sequence name -> repetitions in order."""


class RunFiles(Results):
    """Result files of one tracker, read when asked for.

    Args:
        source: what holds them.
        files: sequence name -> repetition, from 1 -> path inside the source.
    """

    def __init__(self, source: FileTree, files: dict[str, dict[int, str]]) -> None:
        self._source, self._files = source, files
        self._runs: dict[str, list[Run]] = {}

    def __getitem__(self, sequence: str) -> list[Run]:
        if sequence not in self._runs:
            paths = [path for _, path in sorted(self._files[sequence].items())]
            self._runs[sequence] = [read_run(self._source.read(path), self._source.where(path)) for path in paths]
        return self._runs[sequence]

    def __contains__(self, sequence: object) -> bool:
        return sequence in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def load_results(
    source: str | os.PathLike[str], experiment: str = "baseline", names: Sequence[str] = ()
) -> Found[Results]:
    """Find every tracker's runs of one experiment.

    Args:
        source: a folder or an archive in one of the layouts above.
        experiment: the experiment folder to read where there are several.
        names: of the sequences that are scored; a folder inside a tracker's, or of other data, is then passed over.

    Returns:
        tracker name -> sequence name -> runs in the order of their numbers. A tracker is named after its folder, with
        the folders around it where two have one name.

    Raises:
        InputError: nothing there, or one-pass results.
    """
    files = FileTree(source)
    found: dict[str, dict[str, dict[int, str]]] = {}
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
        found.setdefault(tracker, {}).setdefault(match["sequence"], {})[int(match["repetition"])] = name
    if not found:
        raise _nothing_found(files.path, experiment, others, seen)
    ours = {tracker: [name for name in runs if name in names] for tracker, runs in found.items()}
    foreign = [path for runs in found.values() for name in runs if name not in names for path in runs[name].values()]
    foreign += [name for name in others if name.endswith(".txt") and not name.endswith("_time.txt")]
    strays, notes = find_strays(ours, foreign, len(names)) if names else ([], [])
    kept = [tracker for tracker in sorted(found) if tracker not in strays]
    last = {tracker: tracker.rpartition("/")[2] or _own_name(files, experiment) for tracker in kept}
    times = Counter(last.values())
    called = {one: printable(last[one] if times[last[one]] == 1 else one or last[one]) for one in kept}
    return Found(
        {called[tracker]: RunFiles(files, found[tracker]) for tracker in kept},
        passed_over=[f"{files.path}: {note}" for note in notes],
    )


def parse_run(content: bytes, where: str) -> Run:
    """Read one result file.

    Args:
        content: the file's bytes.
        where: its name, for messages.

    Raises:
        InputError: an empty file, a row that is no marker and no region, a number that is not finite or too large
            (file:line), or a first row other than the initialization `1`.
    """
    run = read_run(content, where)
    require_start(run)
    return run


def read_run(content: bytes, where: str) -> Run:
    """`parse_run` of a file whose first row may be anything."""
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
    return Run(kinds, regions, where)


def is_deterministic(files: Sequence[Path]) -> bool:
    """Whether the first three repetitions are there and equal, so that no other is asked for.

    Args:
        files: the repetitions on one sequence, in order, there or not.
    """
    return are_equal([read_input(file) for file in files[:EQUAL_RUNS] if file.is_file()])


def are_equal(contents: Sequence[bytes]) -> bool:
    """Whether the first three of a tracker's runs, as the bytes of their files, are there and equal."""
    first = contents[:EQUAL_RUNS]
    return len(first) == EQUAL_RUNS and len(set(first)) == 1


def require_start(run: Run) -> None:
    """Raise when the first row is not the initialization.

    Raises:
        InputError: it is something else, as in one-pass results.
    """
    if not len(run) or run.kinds[0] != INITIALIZED:
        raise InputError(f"{run.source}:1: a reset-based run starts with the marker 1: {_ONE_PASS}")


def refuse_one_pass(run: Run, misses: int, frames: int, other_form: str | None = None) -> None:
    """Raise when a run goes on through lost frames that the reset-based experiment would have ended.

    Args:
        run: a run.
        misses: how many of its tracked frames have no overlap with the annotation.
        frames: of the sequence; another number of rows is said first, because it explains the misses.
        other_form: what the boxes may be instead, which explains them as well.

    Raises:
        InputError: ten frames or more without overlap, and not one failure marked.
    """
    if misses >= 10 and not (run.kinds == FAILED).any():
        rows = "" if len(run) == frames else f"{len(run)} rows for {frames} frames, so maybe of other data; "
        raise InputError(
            f"{run.source}: {rows}{misses} frames miss the target and no failure is marked: {other_form or _ONE_PASS}"
        )


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
    return Run(kinds, Regions.from_rows(values), where) if (np.abs(values) < LARGEST).all() else None


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
    """Tracker's and experiment's folder from what lies before `<sequence>/`; a tracker of "" is the source itself."""
    tracker, _, folder = prefix.strip("/").rpartition("/")
    return tracker, folder or (experiment if files.name == experiment else "")


def _own_name(files: FileTree, experiment: str) -> str:
    return files.path.resolve().parent.name if files.name == experiment else files.name or "tracker"


def _nothing_found(path: Path, experiment: str, others: list[str], seen: set[str]) -> InputError:
    if seen:
        return InputError(f"VOT results: {path}: no experiment '{experiment}', it has {', '.join(sorted(seen))}")
    if any(name.endswith(".txt") for name in others):
        example = next(name for name in others if name.endswith(".txt"))
        return InputError(f"VOT results: {path}: got one-pass files such as {example}: {_ONE_PASS}")
    return InputError(f"VOT results: {path}: no <tracker>/{experiment}/<sequence>/<sequence>_001.txt in it")
