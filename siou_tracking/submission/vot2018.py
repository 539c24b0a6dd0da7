"""VOT2018 submission: check reset-based results and pack them as `vot pack` does.

The archive holds <experiment>/<sequence>/<sequence>_001.txt (or .bin) .. with the matching <sequence>_001_*.value
files, and manifest.yml. Names and frame counts of the 60 sequences are built in, so the check needs no data. The same
results give the same bytes: entries are sorted and dated 1980, the manifest has no clock in it.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from siou_tracking import __version__
from siou_tracking.benchmarks.official_names import official_lengths
from siou_tracking.benchmarks.vot2018.protocol import REPETITIONS, SKIP
from siou_tracking.benchmarks.vot2018.results import (
    EQUAL_RUNS,
    FAILED,
    INITIALIZED,
    SKIPPED,
    TRACKED,
    Run,
    is_deterministic,
    parse_run,
)
from siou_tracking.errors import InputError
from siou_tracking.submission.checker import write_archive
from siou_tracking.submission.packed import Packed

EXPERIMENTS = {"baseline": REPETITIONS, "realtime": 1, "unsupervised": 1}
_SHOWN = 5


def pack_vot2018(
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    names: Iterable[str] | None = None,
) -> Packed:
    """Check and pack one tracker (see `siou_tracking.submission.pack`); `data` is not needed."""
    lengths = official_lengths("vot2018")
    if names is not None:
        lengths = {name: lengths[name] for name in names if name in lengths}
    return Packed(pack_experiments(results, out, lengths), len(lengths), [])


def pack_experiments(
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    lengths: Mapping[str, int] | None = None,
    experiments: Iterable[str] | None = None,
) -> Path:
    """Check a tracker's results and write the archive.

    Args:
        results: the tracker's folder, or a folder that holds this one tracker.
        out: the .zip file to write.
        lengths: sequence name -> frames; None: the 60 of VOT2018.
        experiments: which to pack; None: those of baseline (a must), realtime and unsupervised that are there.

    Returns:
        `out`.

    Raises:
        InputError: what `check` finds, in one line; no archive is written then.
    """
    root = tracker_folder(results)
    lengths = official_lengths("vot2018") if lengths is None else lengths
    chosen = list(experiments) if experiments else [name for name in EXPERIMENTS if (root / name).is_dir()]
    problems = [problem for name in dict.fromkeys(["baseline", *chosen]) for problem in check(root, lengths, name)]
    if problems:
        more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        raise InputError(f"VOT2018 submission: {root}: {'; '.join(problems[:_SHOWN])}{more}")
    files = {
        f"{experiment}/{sequence}/{file.name}": file.read_bytes()
        for experiment in chosen
        for sequence in lengths
        for file in _result_files(root / experiment / sequence, sequence)
    }
    return write_archive(out, {**files, "manifest.yml": _manifest(root.name).encode()})


def tracker_folder(results: str | os.PathLike[str]) -> Path:
    """The one folder at or below `results` that has a `baseline` folder.

    Raises:
        InputError: none, or more than one.
    """
    path = Path(results)
    if (path / "baseline").is_dir():
        return path.resolve()
    inside = sorted(folder.parent for folder in path.glob("*/baseline") if folder.is_dir())
    if len(inside) != 1:
        names = ", ".join(folder.name for folder in inside) or "none"
        raise InputError(f"VOT2018 submission: {path}: expected one tracker with a 'baseline' folder, got {names}")
    return inside[0].resolve()


def check(root: Path, lengths: Mapping[str, int], experiment: str = "baseline") -> list[str]:
    """Everything that would make the results of one experiment unusable, one line each.

    Looks for: missing sequences, gaps in or too few repetitions, files that cannot be read, wrong lengths, rows that do
    not follow the experiment's order (a run starts with 1; after 2 come 0s until a restart with 1 five frames later),
    and sequences that are not of the benchmark.
    """
    if experiment not in EXPERIMENTS:
        return [f"experiment '{experiment}' is unknown, allowed are {', '.join(EXPERIMENTS)}"]
    folder = root / experiment
    problems = []
    for sequence, length in lengths.items():
        files = sorted(folder.joinpath(sequence).glob(f"{sequence}_[0-9][0-9][0-9].*"))
        files = [file for file in files if file.suffix in (".txt", ".bin")]
        if not files:
            problems.append(f"{experiment}: {sequence} is missing")
            continue
        runs = []
        for file in files:
            try:
                runs.append(parse_run(file.read_bytes(), f"{experiment}/{file.name}"))
            except InputError as error:
                problems.append(str(error))
        for run in runs:
            problems += _run_problems(run, length, experiment)
        if len(runs) == len(files):
            problems += _repetition_problems(files, sequence, experiment)
    if folder.is_dir():
        extra = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name not in lengths)
        problems += [f"{experiment}: {name} is not a sequence of the benchmark" for name in extra]
    return problems


def _run_problems(run: Run, length: int, experiment: str) -> list[str]:
    problems = []
    if len(run) != length:
        problems.append(f"{run.source} has {len(run)} rows, {length} expected")
    wrong = _first_out_of_order(run.kinds, experiment)
    if wrong is not None:
        row, reason = wrong
        problems.append(f"{run.source}:{row + 1}: {reason}")
    if (run.regions.corners[:, 2] <= run.regions.corners[:, 0])[run.regions.rectangle].any():
        problems.append(f"{run.source}: a rectangle without a positive width and height")
    return problems


def _first_out_of_order(kinds: np.ndarray, experiment: str) -> tuple[int, str] | None:
    if experiment == "unsupervised":
        later = np.flatnonzero(kinds[1:] != TRACKED)
        return (
            (int(later[0]) + 1, "a marker in a one-pass run, allowed are regions after row 1") if len(later) else None
        )
    before, failure = INITIALIZED, -1
    for row, kind in enumerate(kinds[1:].tolist(), 1):
        after_failure = before in (FAILED, SKIPPED)
        if kind == INITIALIZED and not after_failure:
            return row, "initialization (1) without a failure (2) before it"
        if kind == INITIALIZED and (row - failure < SKIP or (experiment == "baseline" and row - failure > SKIP)):
            return row, f"restart {row - failure} frames after the failure, expected {SKIP}"
        if kind in (TRACKED, FAILED) and after_failure:
            return row, "a region or failure where 0 (skipped) or 1 (initialization) is expected after a failure"
        if kind == SKIPPED and not after_failure:
            return row, "a skipped frame (0) without a failure (2) before it"
        if kind == SKIPPED and experiment == "baseline" and row - failure >= SKIP:
            return row, f"still skipped (0) {row - failure} frames after the failure, a restart (1) is expected"
        failure = row if kind == FAILED else failure
        before = kind
    return None


def _repetition_problems(files: list[Path], sequence: str, experiment: str) -> list[str]:
    expected = [f"{sequence}_{number:03d}" for number in range(1, len(files) + 1)]
    if [file.stem for file in files] != expected:
        absent = sorted(set(expected) - {file.stem for file in files})
        return [f"{experiment}: {absent[0]} is missing, numbers must follow each other"]
    wanted = EXPERIMENTS[experiment]
    if len(files) >= wanted or wanted == 1:
        return []
    if is_deterministic(files):
        return []
    return [f"{experiment}: {sequence} has {len(files)} runs, expected {wanted}, or {EQUAL_RUNS} equal ones"]


def _result_files(folder: Path, sequence: str) -> list[Path]:
    name = re.compile(rf"{re.escape(sequence)}_\d{{3}}(\.txt|\.bin|_.+\.value)")
    return sorted(file for file in folder.iterdir() if name.fullmatch(file.name))


def _manifest(tracker: str) -> str:
    """The fields that vot-toolkit 0.9.0 writes; `toolkit` says who packed, and the timestamp is a constant."""
    return (
        "configuration: {}\n"
        f"identifier: '{tracker}'\n"
        f"platform: {sys.platform}\n"
        f"python: '{platform.python_version()}'\n"
        "stack: vot2018/shortterm\n"
        "timestamp: '1980-01-01T00-00-00.000000'\n"
        f"toolkit: 'siou-tracking {__version__}'\n"
    )
