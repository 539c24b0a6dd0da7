"""What a submission archive must be: refuse before the server does, and say what to fix.

Both forms come from the organizers' own code: GOT-10k's toolkit writes `<seq>/<seq>_001.txt`, TrackingNet's devkit
reads `<video>.txt`; the contents lie at the root of the zip, without the tracker's folder around them.
"""

from __future__ import annotations

import dataclasses
import io
import os
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.errors import InputError
from siou_tracking.files import write_bytes
from siou_tracking.submission.packed import check_archive_name
from siou_tracking.untrusted.zip_files import open_zip, read_member
from siou_tracking.wording import listed

FIRST_BOX_TOLERANCE = 1.0  # pixels: pytracking stores whole numbers, truncated
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Problem:
    """One reason to refuse, and its hint."""

    where: str
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} ({self.hint})"


@dataclasses.dataclass(frozen=True)
class Expected:
    """What is known of a test split."""

    nested: bool
    """`<seq>/<seq>_001.txt`, one a repetition, instead of `<seq>.txt`."""
    names: tuple[str, ...]
    lengths: Mapping[str, int]
    """Frames by sequence; empty without the data."""
    first_boxes: Mapping[str, np.ndarray]
    """(4,) xywh by sequence; empty without the data."""

    def notes(self) -> list[str]:
        """What could not be checked."""
        unchecked = [name for name in self.names if name not in self.lengths]
        if not unchecked:
            return []
        which = "" if len(unchecked) == len(self.names) else f" of {len(unchecked)} sequences"
        return [f"frame counts and first boxes{which} were not checked: give the test split as data"]


def expect(
    benchmark: OnePassBenchmark, data: str | os.PathLike[str] | None = None, names: Iterable[str] | None = None
) -> Expected:
    """The official test sequences of a benchmark, with lengths and first boxes where the data are at hand.

    Raises:
        InputError: `data` is not the test split.
    """
    sequences = benchmark.load_sequences(data, benchmark.test_split) if data else []
    expected = tuple(benchmark.test_names if names is None else names)
    if data and not {sequence.name for sequence in sequences} & {*expected}:
        raise InputError(
            f"{benchmark.name}: {data}: none of its {len(sequences)} sequences is of the test split, such as "
            + expected[0]
        )
    return Expected(
        nested=benchmark.dialect.by_repetition,
        names=expected,
        lengths={sequence.name: len(sequence) for sequence in sequences if sequence.folder is not None},
        first_boxes={sequence.name: sequence.ground_truth[0] for sequence in sequences},
    )


def check_archive(path: str | os.PathLike[str], expected: Expected) -> list[Problem]:
    """Everything wrong with a zip that somebody else packed.

    Raises:
        InputError: it is no readable zip, or larger than `untrusted.limits` allows.
    """
    try:
        with open_zip(Path(path)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            files = {one.filename: read_member(archive, one, f"{path}:{one.filename}") for one in members}
    except InputError:
        raise
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise InputError(f"{path}: not a readable zip: {error}") from error
    return check_files(files, expected)


def check_files(files: Mapping[str, bytes], expected: Expected) -> list[Problem]:
    """Everything wrong with the contents of a submission: name inside the archive -> bytes."""
    nested = expected.nested
    found: dict[str, list[str]] = {name: [] for name in expected.names}
    problems = []
    for file in sorted(files):
        sequence = _sequence_of(file, nested)
        if sequence in found:
            found[sequence].append(file)
            continue
        inner = file.rsplit("/", 2 if nested else 1)[-2:] if nested else [file.rsplit("/", 1)[-1]]
        if "\\" in file:
            hint = "pack it again with siou-tracking pack"
            problems.append(Problem(file, "has back-slashes between its folders", hint))
        elif _sequence_of("/".join(inner), nested) in found:
            problems.append(Problem(file, "lies in a folder", "pack the folder's contents, not the folder"))
        else:
            problems.append(Problem(file, "is no result of the test split", "leave it out"))
    missing = [name for name, members in found.items() if not any(_is_boxes(file) for file in members)]
    if missing:
        names = listed(missing, _SHOWN)
        what = f"missing: {len(missing)} of {len(found)} sequences"
        problems.append(Problem(names, what, "run the tracker on them"))
    for name, members in found.items():
        problems += _check_sequence(name, {file: files[file] for file in members}, expected)
    runs = {name: sum(map(_is_boxes, members)) for name, members in found.items() if members}
    if len(set(runs.values())) > 1:
        odd = min(runs, key=lambda name: (runs[name], name))
        what = f"{runs[odd]} repetitions, other sequences have up to {max(runs.values())}"
        problems.append(Problem(odd, what, "finish its runs"))
    return problems


def _sequence_of(file: str, nested: bool) -> str | None:
    match = re.fullmatch(r"([^/]+)/\1_(\d{3}|time)\.txt" if nested else r"([^/]+)\.txt", file)
    return match[1] if match else None


def _is_boxes(file: str) -> bool:
    return not file.endswith("_time.txt")


def _check_sequence(name: str, files: Mapping[str, bytes], expected: Expected) -> list[Problem]:
    problems, rows = [], {}
    for file, data in files.items():
        if not re.fullmatch(rb"[0-9.,eE+\-\r\n]*", data):
            wrong = re.search(rb"[^0-9.,eE+\-\r\n]+", data)
            got = wrong[0][:20].decode("latin-1") if wrong else ""
            line = data[: wrong.start()].count(b"\n") + 1 if wrong else 1
            hint = "separate numbers by commas" if not got.strip() or got == ";" else "every row needs finite numbers"
            problems.append(Problem(f"{file}:{line}", f"got {got!r}", hint))
            continue
        try:
            rows[file] = parse_table(data, 4 if _is_boxes(file) else 0, file)
        except InputError as error:
            problems.append(Problem(name, str(error), "write the file again"))
    frames = expected.lengths.get(name)
    for file, table in rows.items():
        if frames is not None and len(table) != frames:
            hint = "run the tracker on every frame, the first included"
            problems.append(Problem(file, f"{len(table)} rows, {frames} frames expected", hint))
        first = expected.first_boxes.get(name)
        if (
            _is_boxes(file)
            and first is not None
            and len(table)
            and np.abs(table[0] - first).max() > FIRST_BOX_TOLERANCE
        ):
            what = f"row 1 is {table[0].tolist()}, the given box is {first.tolist()}"
            problems.append(Problem(file, what, "the first row repeats the box the tracker was started with"))
    lengths = {len(table) for table in rows.values()}
    if frames is None and len(lengths) > 1:
        problems.append(Problem(name, f"files of {' and '.join(map(str, sorted(lengths)))} rows", "run it again"))
    if 0 in lengths:
        problems.append(Problem(name, "an empty file", "run it again"))
    numbers = sorted(int(file[-7:-4]) for file in files if expected.nested and _is_boxes(file))
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(Problem(name, f"repetitions {numbers}", "number them from _001 without a gap"))
    return problems


def refuse(where: object, benchmark: str, problems: Sequence[object], hint: str = "") -> None:
    """Raise one line with the first problems, how many there are, and what may help with all of them.

    Raises:
        InputError: if there is any problem.
    """
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        shown = "; ".join(map(str, problems[:_SHOWN]))
        raise InputError(f"{benchmark} submission: {where}: {shown}{more}{hint}")


def write_archive(path: str | os.PathLike[str], files: Mapping[str, bytes]) -> Path:
    """Write a zip whose bytes depend on `files` alone: sorted names, one date, one compression level."""
    check_archive_name(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, compresslevel=9)
    return write_bytes(path, buffer.getvalue())
