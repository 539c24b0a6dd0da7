"""GOT-10k (Huang, Zhao and Huang, TPAMI 2019): AO and SR on the validation split; the test split is scored by a server.

Layout: `<split>/list.txt` and `<split>/<seq>/{00000001.jpg, groundtruth.txt, cover.label, meta_info.ini}`. Boxes are
decimals x, y, w, h; cover is 0 (not visible) to 8 (wholly visible).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.files.annotations import read_boxes, read_flags
from siou_tracking.benchmarks.files.writers import Dialect
from siou_tracking.benchmarks.findings import Findings
from siou_tracking.benchmarks.one_pass import curves
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.one_pass.doubts.first_row import FirstRows
from siou_tracking.benchmarks.one_pass.doubts.readings import describe_shift, find_shift
from siou_tracking.benchmarks.one_pass.results import TrackerResults
from siou_tracking.benchmarks.protocol import Protocol
from siou_tracking.benchmarks.scores import Curve, Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence, read_each
from siou_tracking.errors import InputError
from siou_tracking.image_bytes import image_size
from siou_tracking.untrusted.reading import NOTE_LIMIT, is_there, read_input
from siou_tracking.wording import listed

_RESOLUTION = re.compile(r"^resolution[ \t]*[:=][ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_SIZE = re.compile(r"\(\s*([1-9]\d{0,5})(?:\.0*)?\s*,\s*([1-9]\d{0,5})(?:\.0*)?\s*\)")


class GOT10k(OnePassBenchmark):
    """The 180 validation sequences; the 180 of the test split are other ones."""

    name = "got10k"
    title = "GOT-10k"
    splits = ("train", "val", "test")
    test_split = "test"
    layout_marks = ("*/meta_info.ini", "*/*/meta_info.ini", "*/cover.label", "*/*/cover.label")
    repeatable = True
    own_data = "training or own data"
    dialect = Dialect(by_repetition=True)
    published_note = "published GOT-10k numbers are of the test split, scored by the server; these are of another split"

    @property
    def test_names(self) -> tuple[str, ...]:
        return tuple(f"GOT-10k_Test_{number:06d}" for number in range(1, 181))

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """Sequences of one split.

        Args:
            path: the data set's root, or a split's folder.
            split: None for val, or for the folder itself when that holds the sequences.

        Raises:
            InputError: no sequence there, a malformed file, or labels and boxes of different number.
        """
        if not path.is_dir():
            raise InputError(f"got10k: {path}: no such folder")
        folder = path / (split or "val")
        if not folder.is_dir() and (split is None or path.name == split):
            folder = path
        names = sorted(file.parent.name for file in folder.glob("*/groundtruth.txt"))
        if not names:
            raise InputError(f"got10k: {folder}: no <sequence>/groundtruth.txt below it")
        return read_each((name, partial(_load, folder / name)) for name in names)

    def score(
        self, results: TrackerResults, sequences: Sequence[AnnotatedSequence], rules: Protocol, tracker: str
    ) -> Score:
        return score_pooled(results, list(sequences), rules, len(self.official_names), tracker)

    def weigh(self, sequence: AnnotatedSequence) -> float:
        return float(_counted_frames(sequence).sum())

    def check_sequence(self, sequence: AnnotatedSequence, size: tuple[int, int] | None) -> Findings:
        found = super().check_sequence(sequence, size)
        if size and sequence.resolution and size != sequence.resolution:
            stated = f"{sequence.resolution[0]} x {sequence.resolution[1]}"
            found.faults.append(f"meta_info.ini: resolution: {stated}, but the images are {size[0]} x {size[1]}")
        if len(sequence.ground_truth) > 1:
            try:
                counted = int(_counted_frames(sequence).sum())
            except InputError as error:
                found.faults.append(str(error))
            else:
                if not counted:
                    found.notes.append("no frame counts: cover.label is 0 after the first frame")
        return found

    def explain_ceiling(self, rules: Protocol, ceiling: Mapping[str, float]) -> str:
        return "AO is the mean overlap itself, and the success rates ask for no more than 0.5 and 0.75."


def _load(folder: Path) -> AnnotatedSequence:
    boxes = read_boxes(folder / "groundtruth.txt")
    cover = None
    if len(boxes) > 1 and is_there(folder / "cover.label"):  # the test split has labels of frames without boxes
        cover = read_flags(folder / "cover.label")
        if len(cover) != len(boxes):
            raise InputError(f"{folder / 'cover.label'}: {len(cover)} labels, {len(boxes)} expected, one a box")
    resolution = _read_resolution(folder / "meta_info.ini")
    first = 1 if len(boxes) == 1 else None  # known where the truth is withheld, to see whether images are missing
    return AnnotatedSequence(folder.name, boxes, folder, first, cover=cover, resolution=resolution)


def _read_resolution(meta: Path) -> tuple[int, int] | None:
    """(width, height) that meta_info.ini states; None where it states none."""
    line = _RESOLUTION.search(read_input(meta, limit=NOTE_LIMIT).decode(errors="replace")) if is_there(meta) else None
    if line is None:
        return None
    size = _SIZE.fullmatch(line[1])
    if size is None:
        raise InputError(f"{meta}: resolution: got '{line[1]}', expected (width, height) in pixels")
    return int(size[1]), int(size[2])


def score_pooled(
    tracker: TrackerResults, sequences: list[AnnotatedSequence], protocol: Protocol, expected: int, name: str
) -> Score:
    """Average overlap and success rates at 0.5 and 0.75 over the frames of all sequences and repetitions.

    The first frame and frames of cover 0 do not count; both boxes are cut to the image. Sequences are not averaged:
    a long one weighs more.

    Args:
        tracker: its result files.
        sequences: with cover labels.
        protocol: the rules.
        expected: sequences the benchmark has.
        name: that the score carries.

    Raises:
        InputError: a result is missing, malformed or of another length, holds NaN, or a sequence has no cover labels.
    """
    missing = [sequence.name for sequence in sequences if sequence.name not in tracker]
    if missing:
        raise InputError(
            f"{tracker.source.path}: {tracker.name} has no result for {len(missing)} of {len(sequences)} sequences: "
            + listed(missing)
            + tracker.near_names(missing)
        )
    predictions: list[np.ndarray] = []
    truths: list[np.ndarray] = []
    limits, lengths, first_rows = [], [], FirstRows()
    for sequence in sequences:
        counted, size = _counted_frames(sequence), _resolution(sequence)
        runs = [_run(tracker, sequence, run) for run in range(len(tracker.repetitions(sequence.name)))]
        first_rows.add([(sequence.name, boxes, sequence.ground_truth) for boxes in runs])
        predictions.extend(boxes[counted] for boxes in runs)
        truths.extend([sequence.ground_truth[counted]] * len(runs))
        lengths.append(int(counted.sum()) * len(runs))
        limits.append(size)
    counts = np.array(lengths)
    bounds = np.repeat(np.array(limits, np.float64), counts, axis=0).T
    overlaps = curves.overlap(
        curves.clip_to_image(curves.planes(np.concatenate(predictions)), bounds),
        curves.clip_to_image(curves.planes(np.concatenate(truths)), bounds),
        protocol,
    )
    if not len(overlaps):
        raise InputError(f"got10k: none of {len(sequences)} sequences has a counted frame")
    parts = np.split(overlaps, np.cumsum(counts)[:-1])
    doubts = first_rows.doubts(protocol)
    passed = curves.success_counts(overlaps, np.array([len(overlaps)]), protocol.success_thresholds)
    return Score(
        benchmark=protocol.benchmark,
        protocol=protocol.name,
        tracker=name,
        metrics=_metrics(overlaps),
        per_sequence={s.name: _metrics(part) for s, part in zip(sequences, parts, strict=True) if len(part)},
        sequences=len(sequences),
        expected=expected,
        frames=len(overlaps),
        curves={"success": Curve(protocol.success_thresholds, passed[0] / len(overlaps))},
        notes=[*doubts, *_notes(tracker, sequences)],
        doubts=doubts,
    )


def _run(tracker: TrackerResults, sequence: AnnotatedSequence, run: int) -> np.ndarray:
    boxes, where = tracker.boxes(sequence.name, run), tracker.where(sequence.name, run)
    if len(boxes) != len(sequence.ground_truth):
        hint = tracker.describe_blank_line(sequence.name, run) + describe_shift(
            find_shift(boxes, sequence.ground_truth)
        )
        raise InputError(f"{where}: {len(boxes)} boxes, {len(sequence.ground_truth)} frames expected{hint}")
    bad = np.isnan(boxes).any(axis=1)
    if bad.any():
        raise InputError(f"{where}:{int(bad.argmax()) + 1}: NaN, the average overlap would be none")
    return boxes


def _counted_frames(sequence: AnnotatedSequence) -> np.ndarray:
    """(n,) bool: all but the first and those where the target is not visible."""
    if len(sequence.ground_truth) < 2:
        raise InputError(
            f"got10k: {sequence.name}: only the first frame is annotated; test results are scored by the organizers' "
            "server (see siou-tracking pack)"
        )
    if sequence.cover is None:
        raise InputError(f"got10k: {sequence.folder}: no cover.label, the protocol leaves out invisible frames by it")
    counted = sequence.cover > 0
    counted[0] = False
    return counted


def _resolution(sequence: AnnotatedSequence) -> tuple[int, int]:
    """(width, height) from meta_info.ini, else of the first image."""
    if sequence.resolution is None:
        if not sequence.frames:
            raise InputError(f"got10k: {sequence.name}: no images and no resolution, boxes are cut to the image")
        try:
            sequence.resolution = image_size(sequence.frames[0])
        except InputError as error:
            raise InputError(f"got10k: {error}; and meta_info.ini has no resolution") from error
    return sequence.resolution


def _metrics(overlaps: np.ndarray) -> dict[str, float]:
    return {
        "ao": float(overlaps.mean()),
        "sr50": float((overlaps > 0.5).mean()),
        "sr75": float((overlaps > 0.75).mean()),
    }


def _notes(tracker: TrackerResults, sequences: list[AnnotatedSequence]) -> list[str]:
    runs = {len(tracker.repetitions(sequence.name)) for sequence in sequences}
    return [f"{min(runs)} to {max(runs)} repetitions a sequence"] if len(runs) > 1 else []
