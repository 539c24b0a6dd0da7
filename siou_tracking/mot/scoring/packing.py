"""Submissions to MOTChallenge's server: a zip with `<SEQ>.txt` of every test sequence at its root, checked before."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.data.motchallenge import format_results, parse_results
from siou_tracking.mot.data.result_files import ResultFiles
from siou_tracking.mot.data.sequences import find_sequences
from siou_tracking.mot.data.tracks import Tracks, refuse_other_classes
from siou_tracking.submission.checker import Problem, refuse, write_archive
from siou_tracking.submission.packed import Packed, check_archive_name

_MOT16 = {"01": 450, "03": 1500, "06": 1194, "07": 500, "08": 625, "12": 900, "14": 750}
_MOT20 = {"04": 2080, "06": 1008, "07": 585, "08": 806}
_SHOWN = 5
_DETECTORS = ("DPM", "FRCNN", "SDP")
TEST_LENGTHS: Mapping[str, Mapping[str, int]] = {
    "mot15": {
        "ADL-Rundle-1": 500,
        "ADL-Rundle-3": 625,
        "AVG-TownCenter": 450,
        "ETH-Crossing": 219,
        "ETH-Jelmoli": 440,
        "ETH-Linthescher": 1194,
        "KITTI-16": 209,
        "KITTI-19": 1059,
        "PETS09-S2L2": 436,
        "TUD-Crossing": 201,
        "Venice-1": 450,
    },
    "mot16": {f"MOT16-{number}": frames for number, frames in _MOT16.items()},
    "mot17": {f"MOT17-{number}-{name}": frames for number, frames in _MOT16.items() for name in _DETECTORS},
    "mot20": {f"MOT20-{number}": frames for number, frames in _MOT20.items()},
}
"""Benchmark -> test sequence -> frames, as the server expects them."""


def pack_mot(
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    benchmark: str | None = None,
    names: Iterable[str] | None = None,
) -> Packed:
    """Check one tracker's results and write the archive; nothing is written where the server would refuse it.

    Args:
        results: folder or archive with `<SEQ>.txt`, alone or in a folder such as trackeval's `data/`.
        out: the .zip to write. The same results give the same bytes, whatever order the rows are in.
        data: a split; its sequences and their lengths are expected.
        benchmark: "mot15", "mot16", "mot17" or "mot20": without data, its test sequences and lengths are expected.
        names: sequences to expect instead, of those in `data` or of `benchmark` where one of them is given.

    Returns:
        The archive, the number of sequences in it, and notes on what could not be checked.

    Raises:
        InputError: what is wrong and how to fix it, in one line: a missing or foreign sequence, a malformed line, a
            NaN, a frame beyond the sequence, an identity twice in a frame, a box without area, another class.
    """
    check_archive_name(out, [results, data])
    names = None if names is None else list(names)
    lengths = _expected(results, benchmark, data, names)
    files = ResultFiles(results, lengths)
    problems = _missing(files)
    if benchmark or data or names is not None:
        problems += [Problem(name, "is no sequence that is expected", "leave it out") for name in files.others]
    packed, empty = {}, []
    for name in lengths:
        if name in files.missing:
            continue
        try:
            tracks = parse_results(files.read(name), files.where(name), lengths[name])
            if benchmark != "mot15":
                refuse_other_classes(tracks, files.where(name))
            problems += _without_area(tracks, files.where(name))
            packed[f"{name}.txt"] = format_results(tracks, name).encode()
        except InputError as error:
            problems.append(Problem(name, str(error), "write the file again"))
            continue
        if not len(tracks):
            empty.append(name)
    refuse(results, "MOTChallenge", problems)
    notes = [f"no box at all in {', '.join(empty)}"] if empty else []
    if None in lengths.values():
        what = "lengths" if names is not None else "sequences and their lengths"
        notes.append(f"{what} were not checked: name the benchmark, or give the test split as data")
    return Packed(write_archive(out, packed), len(packed), notes)


def _expected(
    results: str | os.PathLike[str],
    benchmark: str | None,
    data: str | os.PathLike[str] | None,
    names: list[str] | None,
) -> dict[str, int | None]:
    """Sequence -> frames; None where nothing tells."""
    if benchmark is not None and benchmark not in TEST_LENGTHS:
        raise unknown_name("MOT benchmark to pack", benchmark, TEST_LENGTHS)
    if data is not None:
        return {info.name: info.length for info in find_sequences(data, names)}
    if benchmark is None:
        return dict.fromkeys(_all_names(results) if names is None else names)
    known = TEST_LENGTHS[benchmark]
    for name in names or ():
        if name not in known:
            raise unknown_name(f"test sequence of {benchmark}", name, known)
    return {name: known[name] for name in (known if names is None else names)}


def _all_names(results: str | os.PathLike[str]) -> list[str]:
    names = [Path(name).stem for name in ResultFiles(results, ()).others]
    if not names:
        raise InputError(f"{results}: no results: <SEQ>.txt is expected")
    return names


def _missing(files: ResultFiles) -> list[Problem]:
    if not files.missing:
        return []
    listed = ", ".join(files.missing[:_SHOWN]) + ", .." * (len(files.missing) > _SHOWN)
    return [Problem(listed, f"missing: {len(files.missing)} of {len(files.names)} sequences", "track them")]


def _without_area(tracks: Tracks, where: str) -> list[Problem]:
    flat = (tracks.xywh[:, 2:] <= 0).any(axis=1)
    if not flat.any():
        return []
    row = int(np.argmax(flat))
    what = f"identity {tracks.identity[row]} has a box without area in frame {tracks.frame[row]}"
    return [Problem(where, what, "leave such boxes out")]
