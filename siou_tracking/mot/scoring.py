"""Scores of multi-object trackers: our reader checks every file, trackeval judges, resampling gives intervals."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.evaluator import BENCHMARKS, Evaluator, Raw, import_trackeval, numbers
from siou_tracking.mot.motchallenge import parse_results, parse_truth, truth_variant, write_results, write_truth
from siou_tracking.mot.result_files import ResultFiles
from siou_tracking.mot.sequences import SequenceInfo, find_sequences
from siou_tracking.mot.tracks import Tracks, refuse_other_classes

LEVEL = 0.95
RESAMPLES = 1000
WITH_INTERVAL = ("hota", "deta", "assa", "mota", "idf1")


def score_mot(
    truth_root: str | os.PathLike[str],
    trackers: Mapping[str, str | os.PathLike[str]],
    benchmark: str = "auto",
    sequences: Iterable[str] | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Score trackers side by side on the same sequences.

    Args:
        truth_root: a split such as MOT16/train: folders with seqinfo.ini and gt/gt.txt.
        trackers: name -> folder or archive with `<SEQ>.txt` of every sequence; an empty file is a tracker that found
            nothing.
        benchmark: whose rules, "mot15", "mot16", "mot17" or "mot20". "auto": ten columns of truth are MOT15, names
            that begin with MOT20 are MOT20, all else is MOT17, whose rules are MOT16's.
        sequences: names of those to score; None for all.
        progress: show a bar.

    Returns:
        benchmark; evaluator, such as "trackeval 1.3.0"; sequences, frames; level and resamples of the intervals;
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
    infos = find_sequences(truth_root, sequences)
    truths = {info.name: _read_truth(info) for info in infos}
    benchmark = _benchmark(benchmark, truths)
    names = [info.name for info in infos]
    files = {tracker: ResultFiles(path, names) for tracker, path in trackers.items()}
    for found in files.values():
        found.require_all()
    with tempfile.TemporaryDirectory(prefix="mot-scores-") as temporary:
        evaluator = _lay_out(Path(temporary), infos, truths, list(files.values()), benchmark)
        raws: dict[str, list[Raw]] = {tracker: [] for tracker in files}
        jobs = [(tracker, folder, at) for folder, tracker in enumerate(files) for at in range(len(infos))]
        for tracker, folder, at in tqdm(jobs, "scoring", unit="seq", disable=None if progress else True):
            raws[tracker].append(evaluator.evaluate(_key(folder), _key(at)))
    return {
        "benchmark": benchmark,
        "evaluator": f"trackeval {version('trackeval')}",
        "sequences": len(infos),
        "frames": sum(info.length for info in infos),
        "level": LEVEL,
        "resamples": RESAMPLES,
        "trackers": {tracker: _summary(evaluator, names, parts) for tracker, parts in raws.items()},
    }


def _benchmark(benchmark: str, truths: Mapping[str, bytes]) -> str:
    if benchmark != "auto":
        if benchmark not in BENCHMARKS:
            raise unknown_name("MOT benchmark", benchmark, ("auto", *BENCHMARKS))
        return benchmark
    variants = {name: truth_variant(truth) for name, truth in truths.items()}
    if len(set(variants.values())) > 1:
        told = ", ".join(f"{next(n for n in variants if variants[n] == kind)} is {kind}" for kind in ("mot15", "mot16"))
        raise InputError(f"MOT scores: ground truth of two kinds: {told}; score them apart, or name the benchmark")
    if "mot15" in variants.values():
        return "mot15"
    return "mot20" if all(name.upper().startswith("MOT20") for name in variants) else "mot17"


def _read_truth(info: SequenceInfo) -> bytes:
    try:
        return info.truth_path.read_bytes()
    except OSError as error:
        raise InputError(f"{info.truth_path}: ground truth cannot be read: {error.strerror}") from error


def _lay_out(
    folder: Path,
    infos: Sequence[SequenceInfo],
    truths: Mapping[str, bytes],
    trackers: Sequence[ResultFiles],
    benchmark: str,
) -> Evaluator:
    """Checked copies of all files; their plain names and small identities are no trouble to trackeval."""
    variant = "mot15" if benchmark == "mot15" else "mot16"
    for at, info in enumerate(infos):
        truth = parse_truth(truths[info.name], str(info.truth_path), info.length, variant)
        if not len(truth):
            raise InputError(f"{info.truth_path}: got no box, ground truth is expected")
        write_truth(folder / "truth" / _key(at) / "gt" / "gt.txt", _renumbered(truth))
        for number, files in enumerate(trackers):
            tracks = parse_results(files.read(info.name), files.where(info.name), info.length)
            if variant != "mot15":
                refuse_other_classes(tracks, files.where(info.name))
            write_results(folder / "trackers" / _key(number) / f"{_key(at)}.txt", _renumbered(tracks))
    lengths = {_key(at): info.length for at, info in enumerate(infos)}
    return Evaluator(folder, lengths, [_key(number) for number in range(len(trackers))], benchmark)


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
