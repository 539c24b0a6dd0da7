"""Line results up with the ground truth by a protocol's rules: missing, short and long files, rows without a box."""

from __future__ import annotations

import dataclasses

import numpy as np

from siou_tracking.benchmarks.one_pass.doubts.first_row import FirstRows
from siou_tracking.benchmarks.one_pass.doubts.readings import describe_shift, find_shift
from siou_tracking.benchmarks.one_pass.results import TrackerResults
from siou_tracking.benchmarks.protocol import Protocol
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.wording import listed


@dataclasses.dataclass
class Aligned:
    """Frames of several sequences, one after the other; both box arrays are (N, 4) float64 xywh."""

    prediction: np.ndarray
    truth: np.ndarray
    lengths: np.ndarray
    """(sequences,) frames of each."""
    absent: np.ndarray
    """(N,) bool."""
    filled: np.ndarray
    """(N,) bool: rows that a short or missing file did not have."""

    @property
    def starts(self) -> np.ndarray:
        """(sequences,) index of each sequence's first frame."""
        starts: np.ndarray = np.cumsum(self.lengths) - self.lengths
        return starts


def require_files(tracker: TrackerResults, sequences: list[AnnotatedSequence], protocol: Protocol) -> list[str]:
    """Refuse missing files where the protocol does.

    Returns:
        notes: which files are missing and how they count.

    Raises:
        InputError: missing files, listed; or a sequence whose truth is withheld.
    """
    for sequence in sequences:
        if len(sequence.ground_truth) < 2:
            raise InputError(
                f"{protocol.benchmark}: {sequence.name}: only the first frame is annotated, the truth is withheld; "
                "such results are scored by the organizers' server (see siou-tracking pack)"
            )
    missing = [sequence.name for sequence in sequences if sequence.name not in tracker]
    if missing and protocol.missing_file == "refuse":
        raise InputError(
            f"{tracker.source.path}: {tracker.name} has no result for {len(missing)} of {len(sequences)} sequences: "
            + listed(missing)
            + tracker.near_names(missing)
        )
    if not missing:
        return []
    hint = tracker.near_names(missing)
    return [f"no file for {len(missing)} sequences, scored as all zeros: {listed(missing)}{hint}"]


def align(
    tracker: TrackerResults,
    sequences: list[AnnotatedSequence],
    protocol: Protocol,
    notes: list[str],
    first_rows: FirstRows,
) -> Aligned:
    """Read the files, bring each pair to one length and settle rows without a box.

    Args:
        notes: is extended by what was changed.
        first_rows: is shown every file.

    Raises:
        InputError: a malformed file, or a length or value the evaluator behind the protocol refuses.
    """
    predictions: list[np.ndarray] = []
    truths: list[np.ndarray] = []
    absents: list[np.ndarray] = []
    filled: list[np.ndarray] = []
    files: list[tuple[str, np.ndarray, np.ndarray]] = []
    for sequence in sequences:
        boxes, truth = np.empty((0, 4)), sequence.ground_truth
        if sequence.name in tracker:
            boxes, truth = _from_start(tracker, sequence, protocol, notes)
            files.append((sequence.name, boxes, truth))
            if len(boxes) != len(truth):
                boxes, truth = _one_length(boxes, truth, tracker, sequence.name, protocol, notes)
        short = len(truth) - len(boxes)
        fill = np.nan if protocol.short_file == "miss" and len(boxes) else 0.0
        predictions.extend((boxes, np.full((short, 4), fill)))
        filled.extend((np.zeros(len(boxes), bool), np.ones(short, bool)))
        truths.append(truth)
        absent = sequence.absent if sequence.absent is not None else np.zeros(len(truth), bool)
        absents.append(absent[: len(truth)])
    first_rows.add(files)
    lengths = np.array([len(truth) for truth in truths])
    data = Aligned(
        prediction=np.concatenate(predictions),
        truth=np.concatenate(truths),
        lengths=lengths,
        absent=np.concatenate(absents),
        filled=np.concatenate(filled),
    )
    _repair(data, tracker, sequences, protocol, notes)
    return data


def _from_start(
    tracker: TrackerResults, sequence: AnnotatedSequence, protocol: Protocol, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and truth from the frame on that the protocol calls the first."""
    boxes, truth = tracker.boxes(sequence.name), sequence.ground_truth
    if sequence.lead_in is not None and len(boxes) == len(sequence.lead_in) + len(truth):
        if protocol.tiger1_start == 1:
            return boxes, np.concatenate((sequence.lead_in, truth))
        notes.append(f"{sequence.name}: the first {len(sequence.lead_in)} rows lie before the official start, left out")
        boxes = boxes[len(sequence.lead_in) :]
    return boxes, truth


def _one_length(
    boxes: np.ndarray, truth: np.ndarray, tracker: TrackerResults, name: str, protocol: Protocol, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and truth to be compared; the boxes may still be fewer, where the protocol fills them up."""
    short, rows = len(truth) - len(boxes), f"{len(boxes)} rows, {len(truth)} frames"
    blank = tracker.describe_blank_line(name)
    if (short > 0 and protocol.short_file == "refuse") or (short < 0 and protocol.long_file == "refuse"):
        raise InputError(
            f"{tracker.where(name)}: {rows} expected by the {protocol.name} protocol"
            f"{blank}{describe_shift(find_shift(boxes, truth))}"
        )
    shift = find_shift(boxes, truth)
    cut = short > 0 and protocol.short_file == "cut ground truth"
    if shift:
        effect = f"each row is scored on {'an earlier' if shift > 0 else 'a later'} frame"
    elif short > 0:
        effect = f"{_the_last(short, 'frame')} {'not scored' if cut else 'scored as lost'}"
    else:
        effect = f"{_the_last(-short, 'row')} left out"
    notes.append(f"{name}: {rows}{blank}{describe_shift(shift)}; {effect}")
    if cut:
        return boxes, truth[: len(boxes)]
    return boxes[: len(truth)], truth


def _the_last(count: int, what: str) -> str:
    return f"the last {what} is" if count == 1 else f"the last {count} {what}s are"


def _repair(
    data: Aligned, tracker: TrackerResults, sequences: list[AnnotatedSequence], protocol: Protocol, notes: list[str]
) -> None:
    """Rows without a box repeat the last good one, or are refused, as the evaluator behind the protocol does."""
    boxes, rule = data.prediction, protocol.bad_rows
    if rule == "keep" or (boxes[:, 2:].min() > 0 and not np.isnan(boxes.min())):
        return
    nan = np.isnan(boxes)
    degenerate = (boxes[:, 2] <= 0) | (boxes[:, 3] <= 0)
    refused, reason = np.zeros(len(boxes), bool), ""
    bad: np.ndarray | None = degenerate
    if rule == "refuse partial NaN":
        refused, reason, bad = nan.any(axis=1) & ~nan.all(axis=1), "NaN beside numbers", None
    elif rule == "copy zero, refuse NaN and negative":
        refused, reason = nan.any(axis=1) | (boxes[:, 2:] < 0).any(axis=1), "NaN or a negative size"
    else:
        bad = degenerate | (nan.all(axis=1) if rule == "copy all-NaN" else nan.any(axis=1))
    if refused.any():
        at = int(refused.argmax())
        row = int(np.searchsorted(data.starts, at, side="right")) - 1
        where = f"{tracker.where(sequences[row].name)}: frame {at - int(data.starts[row]) + 1}"
        raise InputError(f"{where}: {reason}, refused by the {protocol.name} protocol")
    if bad is None:
        return
    bad &= ~data.filled
    bad[data.starts] = False
    if bad.any():
        data.prediction = boxes[np.maximum.accumulate(np.where(bad, 0, np.arange(len(boxes))))]
        for name, count in zip((s.name for s in sequences), np.add.reduceat(bad, data.starts, dtype=int), strict=True):
            if count:
                notes.append(f"{name}: {count} rows without a box repeat the row before")
