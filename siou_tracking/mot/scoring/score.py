"""Scores of multi-object trackers: our reader checks every file, trackeval judges, resampling gives intervals."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple  # Any: what JSON may hold

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.data.motchallenge import parse_results, parse_truth, truth_variant, write_results, write_truth
from siou_tracking.mot.data.result_files import ResultFiles
from siou_tracking.mot.data.sequences import INFO, find_folders, read_sequence
from siou_tracking.mot.data.tracks import Tracks, refuse_other_classes
from siou_tracking.mot.scoring import MOT_BENCHMARKS
from siou_tracking.mot.scoring.evaluator import Evaluator, Raw, import_trackeval, numbers

LEVEL = 0.95
RESAMPLES = 1000
_SHOWN = 5
WITH_INTERVAL = ("hota", "deta", "assa", "mota", "idf1")


class _Truth(NamedTuple):
    """One sequence's ground truth as it lies on disk."""

    name: str
    path: Path
    data: bytes
    length: int | None
    """Frames; None without a seqinfo.ini."""


def score_mot(
    truth_root: str | os.PathLike[str],
    trackers: Mapping[str, str | os.PathLike[str]],
    benchmark: str = "auto",
    sequences: Iterable[str] | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Score trackers side by side on the same sequences.

    Args:
        truth_root: a split such as MOT16/train: folders with seqinfo.ini and gt/gt.txt. A sequence without seqinfo.ini
            ends with the last frame of its truth, and a result that goes on is refused.
        trackers: name -> folder or archive with `<SEQ>.txt` of every sequence; an empty file is a tracker that found
            nothing.
        benchmark: whose rules, "mot15", "mot16", "mot17" or "mot20". "auto": ten columns of truth are MOT15, names
            that begin with MOT20 are MOT20, all else is MOT17, whose rules are MOT16's.
        sequences: names of those to score; None for all.
        progress: show a bar.

    Returns:
        benchmark; evaluator, such as "trackeval 1.3.0"; sequences, frames; level and resamples of the intervals; notes;
        trackers: name -> combined: metric -> value over all sequences, per_sequence: sequence -> metric -> value,
        intervals: metric -> [low, high] over resampled sequences (empty for a single sequence). Metrics: hota, deta,
        assa, loca, mota, idf1, motp and others as fractions, idsw, fp, fn, frag, mt, ml and others as counts.

    Raises:
        InputError: trackeval is not installed, a tracker lacks a sequence, or a file that cannot be right (names file
            and line).
    """
    import_trackeval()
    if not trackers:
        raise InputError("MOT scores: got no tracker, one or more are expected")
    truths = [_read_truth(name, folder) for name, folder in find_folders(truth_root, sequences).items()]
    benchmark = _benchmark(benchmark, truths)
    names = [truth.name for truth in truths]
    files = {tracker: ResultFiles(path, names) for tracker, path in trackers.items()}
    for found in files.values():
        found.require_all()
    with tempfile.TemporaryDirectory(prefix="mot-scores-") as temporary:
        lengths = _lay_out(Path(temporary), truths, list(files.values()), benchmark)
        keys = {tracker: _key(number) for number, tracker in enumerate(files)}
        evaluator = Evaluator(Path(temporary), lengths, list(keys.values()), benchmark)
        raws: dict[str, list[Raw]] = {tracker: [] for tracker in files}
        jobs = [(tracker, sequence) for tracker in files for sequence in lengths]
        for tracker, sequence in tqdm(jobs, "scoring", unit="seq", disable=None if progress else True):
            raws[tracker].append(evaluator.evaluate(keys[tracker], sequence))
    return {
        "benchmark": benchmark,
        "evaluator": f"trackeval {version('trackeval')}",
        "sequences": len(names),
        "frames": sum(lengths.values()),
        "level": LEVEL,
        "resamples": RESAMPLES,
        "notes": _notes(truths, files if sequences is None else {}),
        "trackers": {tracker: _summary(evaluator, names, parts) for tracker, parts in raws.items()},
    }


def _notes(truths: Sequence[_Truth], files: Mapping[str, ResultFiles]) -> list[str]:
    """What was guessed, and what was not read."""
    unknown = [truth.name for truth in truths if truth.length is None]
    notes = [f"no {INFO}, so the last frame of the truth is taken for the end: {', '.join(unknown)}"] * bool(unknown)
    for tracker, found in files.items():
        if found.others:
            listed = ", ".join(found.others[:_SHOWN]) + ", .." * (len(found.others) > _SHOWN)
            notes.append(f"{tracker}: of no sequence here, so not scored: {listed}")
    return notes


def _read_truth(name: str, folder: Path) -> _Truth:
    path = folder / "gt" / "gt.txt"
    length = read_sequence(folder).length if (folder / INFO).is_file() else None
    try:
        return _Truth(name, path, path.read_bytes(), length)
    except OSError as error:
        raise InputError(f"{path}: ground truth cannot be read: {error.strerror}") from error


def _benchmark(benchmark: str, truths: Sequence[_Truth]) -> str:
    if benchmark != "auto":
        if benchmark not in MOT_BENCHMARKS:
            raise unknown_name("MOT benchmark", benchmark, ("auto", *MOT_BENCHMARKS))
        return benchmark
    first = {truth_variant(truth.data): truth.name for truth in reversed(truths)}
    if len(first) > 1:
        told = ", ".join(f"{first[variant]} is {variant}" for variant in sorted(first))
        raise InputError(f"MOT scores: ground truth of two kinds: {told}; score them apart, or name the benchmark")
    if "mot15" in first:
        return "mot15"
    return "mot20" if all(truth.name.upper().startswith("MOT20") for truth in truths) else "mot17"


def _lay_out(folder: Path, truths: Sequence[_Truth], trackers: Sequence[ResultFiles], benchmark: str) -> dict[str, int]:
    """Write checked copies of all files, with plain names and small identities, which are no trouble to trackeval.

    Returns:
        frames of each sequence, by the name that it has there.
    """
    variant = "mot15" if benchmark == "mot15" else "mot16"
    lengths = {}
    for at, (name, path, data, length) in enumerate(truths):
        truth = parse_truth(data, str(path), length, variant)
        if not len(truth):
            raise InputError(f"{path}: got no box, ground truth is expected")
        write_truth(folder / "truth" / _key(at) / "gt" / "gt.txt", _renumbered(truth))
        lengths[_key(at)] = length or int(truth.frame[-1])
        for number, files in enumerate(trackers):
            tracks = parse_results(files.read(name), files.where(name), lengths[_key(at)])
            if variant != "mot15":
                refuse_other_classes(tracks, files.where(name))
            write_results(folder / "trackers" / _key(number) / f"{_key(at)}.txt", _renumbered(tracks))
    return lengths


def _key(number: int) -> str:
    return f"n{number:04d}"


def _renumbered(tracks: Tracks) -> Tracks:
    """Identities 1, 2, .. in their order: the evaluator's memory grows with the largest."""
    identity = np.unique(tracks.identity, return_inverse=True)[1].reshape(-1) + 1
    return Tracks(**{**vars(tracks), "identity": identity})


def _summary(evaluator: Evaluator, names: Sequence[str], parts: Sequence[Raw]) -> dict[str, Any]:
    return {
        "combined": numbers(evaluator.combine(parts)),
        "per_sequence": {name: numbers(part) for name, part in zip(names, parts, strict=True)},
        "intervals": _intervals(evaluator, parts),
    }


def _intervals(evaluator: Evaluator, parts: Sequence[Raw]) -> dict[str, list[float]]:
    """Percentile bootstrap over sequences, each draw combined as the evaluator combines: HOTA is no mean of theirs."""
    if len(parts) < 2:
        return {}
    generator = np.random.default_rng(0)
    draws = generator.integers(0, len(parts), (RESAMPLES, len(parts))).tolist()
    scores = [numbers(evaluator.combine([parts[at] for at in draw])) for draw in draws]
    table = np.array([[score[metric] for metric in WITH_INTERVAL] for score in scores])
    bounds = np.quantile(table, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0).T.tolist()
    return dict(zip(WITH_INTERVAL, bounds, strict=True))
