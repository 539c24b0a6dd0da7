"""Scores of multi-object trackers: our reader checks every file, trackeval judges, resampling gives intervals."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any  # what JSON may hold

from tqdm import tqdm

from siou_tracking.errors import InputError
from siou_tracking.mot.data.result_files import ResultFiles
from siou_tracking.mot.data.sequences import INFO, find_folders
from siou_tracking.mot.scoring.evaluator import COUNTS, Evaluator, Raw, import_trackeval, numbers
from siou_tracking.mot.scoring.intervals import LEVEL, RESAMPLES, bootstrap_videos
from siou_tracking.mot.scoring.layout import Layout
from siou_tracking.mot.scoring.official import video_of
from siou_tracking.mot.scoring.truths import (
    TRUTH_FILE,
    ScoredTruth,
    TruthFile,
    check_frames,
    describe_part,
    find_benchmark,
    read_truth_file,
    scored_truth,
)
from siou_tracking.wording import listed


def score_mot(
    truth_root: str | os.PathLike[str],
    trackers: Mapping[str, str | os.PathLike[str]],
    benchmark: str = "auto",
    sequences: Iterable[str] | None = None,
    progress: bool = False,
    *,
    frames: str | None = None,
    truth_file: str = TRUTH_FILE,
) -> dict[str, Any]:
    """Score trackers side by side on the same sequences.

    Args:
        truth_root: a split such as MOT16/train: folders with gt/gt.txt and, for its seqLength alone, seqinfo.ini. A
            sequence without ends with the last frame of its truth, and a result that goes on is refused.
        trackers: name -> folder or archive with `<SEQ>.txt` of every sequence; an empty file is a tracker that found
            nothing.
        benchmark: whose rules, "mot15", "mot16", "mot17" or "mot20". "auto": ten columns of truth are MOT15, names
            that begin with MOT20 are MOT20, all else is MOT17, whose rules are MOT16's.
        sequences: names of those to score, or patterns such as "*-FRCNN"; None for all.
        progress: show a bar.
        frames: only these of each sequence, see `truths.frame_span`; truth and results count them from the sequence's
            first. None for all.
        truth_file: in each sequence's folder gt, such as gt_val_half.txt, which counts its frames as the results do.

    Returns:
        benchmark; evaluator, such as "trackeval 1.3.0"; sequences, videos, frames; part, what of the sequences was
        scored, "" for all; level and resamples of the intervals; notes; failed: tracker -> why it has no scores, in
        one line; trackers: name -> combined: metric -> value over all sequences, per_sequence: sequence -> metric ->
        value, None for a fraction where no truth counts, intervals: metric -> [low, high] over resampled videos (empty
        for fewer than 5). Metrics: hota, deta, assa, loca, mota, idf1, motp and others as fractions, idsw, fp, fn,
        frag, mt, ml and others as counts.

    Raises:
        InputError: trackeval is not installed, truth that cannot be right or counts nothing at all, or no tracker that
            has a result of every sequence, each in a file that can be right (names file and line).
    """
    import_trackeval()
    if not trackers:
        raise InputError("MOT scores: got no tracker, one or more are expected")
    if frames is not None:
        check_frames(frames)
    found = find_folders(truth_root, sequences)
    files = [read_truth_file(name, folder, truth_file) for name, folder in found.items()]
    rules = find_benchmark(benchmark, files)
    variant = "auto" if benchmark == "auto" else "mot15" if rules == "mot15" else "mot16"
    results = {tracker: ResultFiles(path, list(found)) for tracker, path in trackers.items()}
    truths = [scored_truth(file, variant, frames) for file in files]
    _refuse_uncounted(truths)
    with tempfile.TemporaryDirectory(prefix="mot-scores-") as temporary:
        layout = Layout(Path(temporary), truths, rules, truth_file)
        for tracker, one in results.items():
            layout.add(tracker, one)
        keys = layout.keys()
        evaluator = Evaluator(Path(temporary), layout.lengths, list(keys.values()), rules)
        raws: dict[str, list[Raw]] = {tracker: [] for tracker in keys}
        jobs = [(tracker, sequence) for tracker in keys for sequence in layout.lengths]
        for tracker, sequence in tqdm(jobs, "scoring", unit="seq", disable=None if progress else True):
            raws[tracker].append(evaluator.evaluate(keys[tracker], sequence))
    names = list(found)
    return {
        "benchmark": rules,
        "evaluator": f"trackeval {version('trackeval')}",
        "sequences": len(names),
        "videos": len(set(map(video_of, names))),
        "frames": sum(map(len, truths)),
        "part": describe_part(truth_file, frames),
        "level": LEVEL,
        "resamples": RESAMPLES,
        "notes": [
            *_truth_notes(files, truths),
            *layout.notes(),
            *(_stray_notes({name: results[name] for name in keys}) if sequences is None else ()),
        ],
        "failed": layout.failed,
        "trackers": {tracker: _summary(evaluator, names, parts) for tracker, parts in raws.items()},
    }


def _refuse_uncounted(truths: Sequence[ScoredTruth]) -> None:
    """Refuse a data set in which nothing can be found: its scores would be numbers of nothing."""
    if all(truth.uncounted for truth in truths):
        more = f", and nothing in {len(truths) - 1} more" if len(truths) > 1 else ""
        raise InputError(f"MOT scores: nothing to score in {truths[0].name}: {truths[0].uncounted}{more}")


def _truth_notes(files: Sequence[TruthFile], truths: Sequence[ScoredTruth]) -> list[str]:
    """What was guessed, and which truth is none."""
    unknown = [file.name for file in files if file.length is None]
    notes = []
    if unknown:
        what = "so the last frame of the truth is taken for the end"
        notes.append(f"no {INFO} with a seqLength, {what}: {listed(unknown)}")
    uncounted = [truth for truth in truths if truth.uncounted]
    if uncounted:
        what = "so its boxes are all false" if len(uncounted) == 1 else "so their boxes are all false"
        names = listed([truth.name for truth in uncounted])
        notes.append(f"nothing to score in {names}, {what}: {uncounted[0].uncounted}")
    return notes


def _stray_notes(results: Mapping[str, ResultFiles]) -> list[str]:
    return [
        f"{tracker}: of no sequence here, so not scored: {listed(found.others)}"
        for tracker, found in results.items()
        if found.others
    ]


def _summary(evaluator: Evaluator, names: Sequence[str], parts: Sequence[Raw]) -> dict[str, Any]:
    return {
        "combined": numbers(evaluator.combine(parts)),
        "per_sequence": {name: _defined(numbers(part)) for name, part in zip(names, parts, strict=True)},
        "intervals": bootstrap_videos(evaluator, names, parts),
    }


def _defined(scores: dict[str, float]) -> dict[str, float | None]:
    """Without the fractions of a sequence in which nothing counts, such as its MOTA of -1200."""
    if scores["truth_boxes"]:
        return dict(scores)
    return {metric: value if metric in COUNTS else None for metric, value in scores.items()}
