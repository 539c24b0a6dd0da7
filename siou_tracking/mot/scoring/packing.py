"""Submissions to MOTChallenge's server: a zip with `<SEQ>.txt` of every sequence at its root, checked before.

Two forms are taken: the test sequences alone, and the training sequences with them. The published instructions name the
test sequences; since 2020 users report that the server answers "Wrong number of result files! 7 results found in
archive, but 42 needed" where MOT17's 21 training files are missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.data.box_forms import COLUMNS, other_form
from siou_tracking.mot.data.motchallenge import format_results, parse_results
from siou_tracking.mot.data.result_files import ResultFiles
from siou_tracking.mot.data.sequences import find_folders, read_length, read_width
from siou_tracking.mot.data.tracks import Tracks, refuse_other_classes
from siou_tracking.mot.scoring.detectors import copies_of_detectors, uncopied_hint
from siou_tracking.mot.scoring.official import TEST_LENGTHS, TRAIN_LENGTHS, video_of
from siou_tracking.submission.checker import Problem, refuse, write_archive
from siou_tracking.submission.packed import Packed, check_archive_name
from siou_tracking.wording import listed


def pack_mot(
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    benchmark: str | None = None,
    names: Iterable[str] | None = None,
    copy_detectors: bool = False,
) -> Packed:
    """Check one tracker's results and write the archive; nothing is written where the server would refuse it.

    Args:
        results: folder or archive with `<SEQ>.txt`, alone or in a folder such as trackeval's `data/`.
        out: the .zip to write. The same results give the same bytes, whatever order the rows are in.
        data: a split; its sequences and their lengths are expected.
        benchmark: "mot15", "mot16", "mot17" or "mot20": without data, its test sequences and lengths are expected.
            Where results of its training sequences are there too, all of both are expected; so they are where `data`
            is a split of one of these benchmarks.
        names: sequences to expect instead, of those in `data` or of `benchmark` where one of them is given.
        copy_detectors: the one result of a MOT17 video, `<VIDEO>.txt` or that of one detector, serves all three.

    Returns:
        The archive, the number of sequences in it, and notes: its form, and what could not be checked.

    Raises:
        InputError: what is wrong and how to fix it, in one line: a missing or foreign sequence, a malformed line, a
            NaN, a frame beyond the sequence, an identity twice in a frame, a box without area, another class.
    """
    check_archive_name(out, [results, data])
    names = None if names is None else list(names)
    there = [Path(name).stem for name in ResultFiles(results, ()).others]
    lengths = _expected(results, there, benchmark, data, names)
    widths = {} if data is None else {name: read_width(folder) for name, folder in find_folders(data, names).items()}
    sources = copies_of_detectors(lengths, there) if copy_detectors else {name: name for name in lengths}
    files = ResultFiles(results, dict.fromkeys(sources.values()))
    problems = _missing([name for name in lengths if sources[name] in files.missing], lengths, there)
    if problems:  # a foreign name may be a missing one's
        problems += _foreign(files.others, lengths)
    packed, empty, odd = {}, [], []
    for name, length in lengths.items():
        source = sources[name]
        if source in files.missing:
            continue
        where = files.where(source)
        try:
            tracks = parse_results(files.read(source), where, length)
            if benchmark != "mot15":
                refuse_other_classes(tracks, where)
            problems += _without_area(tracks, where)
            packed[f"{name}.txt"] = format_results(tracks, name).encode()
        except InputError as error:
            problems.append(Problem(name, str(error), "write the file again"))
            continue
        if not len(tracks):
            empty.append(name)
        if form := other_form(tracks, width=widths.get(name)):
            odd.append(f"{name}: boxes look like {form}: {COLUMNS}")
    refuse(results, "MOTChallenge", problems)
    notes = _form(lengths)
    notes += [f"of no sequence that is expected, so left out: {listed(files.others)}"] * bool(files.others)
    copied = sum(name != source for name, source in sources.items())
    notes += [f"{copied} of the files are copies: one result of a video serves its detectors"] * bool(copied)
    notes += odd
    notes += [f"no box at all in {', '.join(empty)}"] if empty else []
    if None in lengths.values():
        what = "lengths" if names is not None else "sequences and their lengths"
        notes.append(f"{what} were not checked: name the benchmark, or give the test split as data")
    return Packed(write_archive(out, packed), len(packed), notes)


def _expected(
    results: str | os.PathLike[str],
    there: list[str],
    benchmark: str | None,
    data: str | os.PathLike[str] | None,
    names: list[str] | None,
) -> dict[str, int | None]:
    """Sequence -> frames; None where nothing tells."""
    if benchmark is not None and benchmark not in TEST_LENGTHS:
        raise unknown_name("MOT benchmark to pack", benchmark, TEST_LENGTHS)
    if data is not None:
        lengths = {name: read_length(folder) for name, folder in find_folders(data, names).items()}
        return lengths if names is not None else _with_other_split(lengths, there)
    if benchmark is None:
        if names is None and not there:
            raise InputError(f"{results}: no results: <SEQ>.txt is expected")
        return dict.fromkeys(there if names is None else names)
    known = {**TRAIN_LENGTHS[benchmark], **TEST_LENGTHS[benchmark]}
    for name in names or ():
        if name not in known:
            raise unknown_name(f"sequence of {benchmark}", name, known)
    if names is not None:
        return {name: known[name] for name in names}
    return _with_other_split(dict(TEST_LENGTHS[benchmark]), there)


def _with_other_split(lengths: dict[str, int | None], there: list[str]) -> dict[str, int | None]:
    """Where a whole split of a benchmark is expected and results of its other split are there, both splits."""
    for one, other in ((TEST_LENGTHS, TRAIN_LENGTHS), (TRAIN_LENGTHS, TEST_LENGTHS)):
        for benchmark, known in one.items():
            if set(lengths) == set(known):
                further = other[benchmark]
                shown = {*further, *map(video_of, further)} & set(there)
                return {**lengths, **further} if shown else lengths
    return lengths


def _form(lengths: dict[str, int | None]) -> list[str]:
    """Which form an archive has."""
    for benchmark, test in TEST_LENGTHS.items():
        train = TRAIN_LENGTHS[benchmark]
        whole = f"{len(train) + len(test)} files, {len(train)} training and {len(test)} test sequences"
        if set(lengths) == {*train, *test}:
            return [f"the long form: {whole}"]
        if set(lengths) == set(test):
            return [f"the short form: {len(test)} test sequences; if the server refuses it, pack the long one: {whole}"]
        if set(lengths) == set(train):
            return [f"training sequences alone, which the server does not score: it wants {whole}"]
    return []


def _missing(missing: list[str], lengths: dict[str, int | None], there: list[str]) -> list[Problem]:
    if not missing:
        return []
    hint = "track them" + uncopied_hint(missing, there)
    for train in TRAIN_LENGTHS.values():
        if set(missing) <= set(train) < set(lengths):
            hint += ", or leave the results of training sequences out"
    return [Problem(listed(missing), f"missing: {len(missing)} of {len(lengths)} sequences", hint)]


def _foreign(files: list[str], lengths: dict[str, int | None]) -> list[Problem]:
    """Results of nothing expected, but for those that would serve three detectors, of which the missing ones tell."""
    videos = set(map(video_of, lengths)) - set(lengths)
    what = "is no sequence that is expected"
    return [Problem(file, what, "leave it out") for file in files if Path(file).stem not in videos]


def _without_area(tracks: Tracks, where: str) -> list[Problem]:
    flat = (tracks.xywh[:, 2:] <= 0).any(axis=1)
    if not flat.any():
        return []
    row = int(np.argmax(flat))
    what = f"identity {tracks.identity[row]} has a box without area in frame {tracks.frame[row]}"
    return [Problem(where, what, "leave such boxes out")]
