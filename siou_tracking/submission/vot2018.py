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
from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.official_names import official_lengths
from siou_tracking.benchmarks.vot2018.protocol import REPETITIONS, SKIP
from siou_tracking.benchmarks.vot2018.results import (
    EQUAL_RUNS,
    FAILED,
    INITIALIZED,
    SKIPPED,
    TRACKED,
    Run,
    are_equal,
    parse_run,
)
from siou_tracking.errors import InputError, did_you_mean
from siou_tracking.submission.checker import refuse, write_archive
from siou_tracking.submission.packed import Packed
from siou_tracking.submission.vot_files import VotFiles, open_tracker

EXPERIMENTS = {"baseline": REPETITIONS, "realtime": 1, "unsupervised": 1}


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
        results: the tracker's folder, a folder that holds this one tracker, or an archive of either, as `vot pack` or
            this function wrote it.
        out: the .zip file to write.
        lengths: sequence name -> frames; None: the 60 of VOT2018.
        experiments: which to pack; None: those of baseline (a must), realtime and unsupervised that are there.

    Returns:
        `out`.

    Raises:
        InputError: what `check` finds, in one line; no archive is written then.
    """
    tracker = open_tracker(results)
    lengths = official_lengths("vot2018") if lengths is None else lengths
    chosen = list(experiments) if experiments else [name for name in EXPERIMENTS if tracker.has(name)]
    problems = [problem for name in dict.fromkeys(["baseline", *chosen]) for problem in check(tracker, lengths, name)]
    refuse(tracker.where, "VOT2018", problems)
    files = {
        f"{experiment}/{sequence}/{file}": tracker.read(f"{experiment}/{sequence}/{file}")
        for experiment in chosen
        for sequence in lengths
        for file in tracker.list_files(experiment, sequence)
        if _is_result(file, sequence)
    }
    return write_archive(out, {**files, "manifest.yml": _manifest(tracker)})


def check(
    results: str | os.PathLike[str] | VotFiles, lengths: Mapping[str, int], experiment: str = "baseline"
) -> list[str]:
    """Everything that would make the results of one experiment unusable, one line each.

    Args:
        results: the tracker's folder or an archive of its contents, opened or not.
        lengths: sequence name -> frames.
        experiment: one of `EXPERIMENTS`.

    Looks for: missing sequences, gaps in or too few repetitions, files that cannot be read, wrong lengths, rows that do
    not follow the experiment's order (a run starts with 1; after 2 come 0s until a restart with 1 five frames later),
    and sequences that are not of the benchmark.
    """
    if experiment not in EXPERIMENTS:
        return [f"experiment '{experiment}' is unknown, allowed are {', '.join(EXPERIMENTS)}"]
    tracker = results if isinstance(results, VotFiles) else VotFiles(FileTree(results))
    problems, missing = [], []
    for sequence, length in lengths.items():
        run_file = re.compile(rf"{re.escape(sequence)}_\d{{3}}\.(txt|bin)")
        files = [file for file in tracker.list_files(experiment, sequence) if run_file.fullmatch(file)]
        if not files:
            missing.append(sequence)
            problems.append(f"{experiment}: {sequence} is missing")
            continue
        runs, contents = [], [tracker.read(f"{experiment}/{sequence}/{file}") for file in files]
        for file, content in zip(files, contents, strict=True):
            try:
                runs.append(parse_run(content, f"{experiment}/{file}"))
            except InputError as error:
                problems.append(str(error))
        for run in runs:
            problems += _run_problems(run, length, experiment)
        if len(runs) == len(files):
            problems += _repetition_problems(files, contents, sequence, experiment)
    for name in sorted(tracker.sequences(experiment) - set(lengths)):
        hint = did_you_mean(name, missing, 0.75)
        problems.append(f"{experiment}: {name} is not a sequence of the benchmark{hint}")
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


def _repetition_problems(files: list[str], contents: list[bytes], sequence: str, experiment: str) -> list[str]:
    expected = [f"{sequence}_{number:03d}" for number in range(1, len(files) + 1)]
    found = [file.rpartition(".")[0] for file in files]
    if found != expected:
        absent = sorted(set(expected) - set(found))
        if not absent:
            return [f"{experiment}: {sequence}: got {', '.join(files)}, one file a repetition is expected"]
        return [f"{experiment}: {absent[0]} is missing, numbers must follow each other"]
    wanted = EXPERIMENTS[experiment]
    if len(files) >= wanted or wanted == 1 or are_equal(contents):
        return []
    return [f"{experiment}: {sequence} has {len(files)} runs, expected {wanted}, or {EQUAL_RUNS} equal ones"]


def _is_result(file: str, sequence: str) -> bool:
    return re.fullmatch(rf"{re.escape(sequence)}_\d{{3}}(\.txt|\.bin|_.+\.value)", file) is not None


def _manifest(tracker: VotFiles) -> bytes:
    """The one that lies beside the results, as in an archive of `vot pack`; else the fields of vot-toolkit 0.9.0.

    `toolkit` says who packed, and the timestamp is a constant.
    """
    if tracker.manifest is not None:
        return tracker.manifest
    return (
        "configuration: {}\n"
        f"identifier: '{tracker.name}'\n"
        f"platform: {sys.platform}\n"
        f"python: '{platform.python_version()}'\n"
        "stack: vot2018/shortterm\n"
        "timestamp: '1980-01-01T00-00-00.000000'\n"
        f"toolkit: 'siou-tracking {__version__}'\n"
    ).encode()
