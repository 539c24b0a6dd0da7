"""One-pass evaluation: line results up with the ground truth, then all frames of all sequences at once."""

from __future__ import annotations

import dataclasses

import numpy as np

from siou_tracking.benchmarks import curves
from siou_tracking.benchmarks.base import Curve, Score, Sequence
from siou_tracking.benchmarks.protocol import Protocol
from siou_tracking.benchmarks.results import TrackerResults
from siou_tracking.errors import InputError

_LISTED = 8


@dataclasses.dataclass
class Aligned:
    """Frames of all sequences, one after the other; both box arrays are (N, 4) float64 xywh."""

    prediction: np.ndarray
    truth: np.ndarray
    lengths: np.ndarray
    """(sequences,) frames of each."""
    absent: np.ndarray
    """(N,) bool."""
    filled: np.ndarray
    """(N,) bool: rows that a short or missing file did not have."""
    notes: list[str]

    @property
    def starts(self) -> np.ndarray:
        """(sequences,) index of each sequence's first frame."""
        return np.cumsum(self.lengths) - self.lengths


def score_ope(tracker: TrackerResults, sequences: list[Sequence], protocol: Protocol, expected: int) -> Score:
    """Success, precision and normalised precision of one tracker.

    Args:
        tracker: its result files.
        sequences: annotations; only these are scored, and the score says how many of `expected` they are.
        protocol: the rules.
        expected: sequences the benchmark has.

    Raises:
        InputError: a file the protocol asks for is missing, malformed, of a wrong length, or holds a value that the
            evaluator behind the protocol refuses.
    """
    data = align(tracker, sequences, protocol)
    repair(data, tracker, sequences, protocol)
    coverage = {"coverage": _coverage(data)} if "coverage" in protocol.metrics else {}
    if protocol.rounded:
        data.prediction, data.truth = np.round(data.prediction), np.round(data.truth)
    if protocol.first_frame == "replaced":
        data.prediction[data.starts] = data.truth[data.starts]
    shares = _shares(data, protocol)
    metrics, drawn = _summarise(shares, protocol, np.ones(len(sequences), bool))
    single = {name: curves.number_of(share, _RULES[name](protocol)) for name, share in shares.items()}
    per_sequence = {
        sequence.name: {_METRICS[name]: float(values[row]) for name, values in single.items()}
        for row, sequence in enumerate(sequences)
    }
    return Score(
        protocol.benchmark,
        protocol.name,
        tracker.name,
        {**metrics, **coverage},
        per_sequence,
        len(sequences),
        expected,
        int(data.lengths.sum()),
        drawn,
        _by_attribute(shares, sequences, protocol),
        data.notes,
    )


def align(tracker: TrackerResults, sequences: list[Sequence], protocol: Protocol) -> Aligned:
    """Read the files and bring each pair to one length by the protocol's rule."""
    missing = [sequence.name for sequence in sequences if sequence.name not in tracker]
    notes = []
    if missing and protocol.missing_file == "refuse":
        raise InputError(
            f"{tracker.source.path}: {tracker.name} has no result for {len(missing)} of {len(sequences)} sequences: "
            + listed(missing)
        )
    if missing:
        notes.append(f"no file for {len(missing)} sequences, scored as all zeros: {listed(missing)}")
    if len(missing) == len(sequences):
        raise InputError(f"{tracker.source.path}: {tracker.name} has no result for any of {len(sequences)} sequences")
    predictions, truths, absents, filled = [], [], [], []
    for sequence in sequences:
        if len(sequence.ground_truth) < 2:
            raise InputError(
                f"{protocol.benchmark}: {sequence.name}: only the first frame is annotated, the truth is withheld; "
                "such results are scored by the organisers' server (see siou-tracking pack)"
            )
        boxes, truth = np.empty((0, 4)), sequence.ground_truth
        if sequence.name in tracker:
            boxes, truth = _one_length(tracker, sequence, protocol, notes)
        short = len(truth) - len(boxes)
        fill = np.nan if protocol.short_file == "miss" and len(boxes) else 0.0
        predictions.extend((boxes, np.full((short, 4), fill)))
        filled.extend((np.zeros(len(boxes), bool), np.ones(short, bool)))
        truths.append(truth)
        absent = sequence.absent if sequence.absent is not None else np.zeros(len(truth), bool)
        absents.append(absent[: len(truth)])
    lengths = np.array([len(truth) for truth in truths])
    return Aligned(*map(np.concatenate, (predictions, truths)), lengths, *map(np.concatenate, (absents, filled)), notes)


def _one_length(
    tracker: TrackerResults, sequence: Sequence, protocol: Protocol, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    boxes, truth = tracker.boxes(sequence.name), sequence.ground_truth
    if sequence.lead_in is not None and len(boxes) == len(sequence.lead_in) + len(truth):
        if protocol.tiger1_start == 1:
            return boxes, np.concatenate((sequence.lead_in, truth))
        notes.append(f"{sequence.name}: the first {len(sequence.lead_in)} rows lie before the official start, left out")
        boxes = boxes[len(sequence.lead_in) :]
    short, rows = len(truth) - len(boxes), f"{len(boxes)} rows, {len(truth)} frames"
    if (short > 0 and protocol.short_file == "refuse") or (short < 0 and protocol.long_file == "refuse"):
        raise InputError(f"{tracker.where(sequence.name)}: {rows} expected by the {protocol.name} protocol")
    if short > 0 and protocol.short_file == "cut ground truth":
        notes.append(f"{sequence.name}: {rows}; the last {short} frames are not scored")
        return boxes, truth[: len(boxes)]
    if short > 0:
        notes.append(f"{sequence.name}: {rows}; the last {short} frames count as lost")
    if short < 0:
        notes.append(f"{sequence.name}: {rows}; the last {-short} rows are left out")
    return boxes[: len(truth)], truth


def repair(data: Aligned, tracker: TrackerResults, sequences: list[Sequence], protocol: Protocol) -> None:
    """Bad rows repeat the last good one, in place, or are refused, as the evaluator behind the protocol does."""
    boxes, rule = data.prediction, protocol.bad_rows
    if rule == "keep":
        return
    size = boxes[:, 2:]
    nan = np.isnan(boxes)
    if rule == "refuse NaN":
        _refuse(nan.any(axis=1), "NaN", data, tracker, sequences, protocol)
        return
    if rule == "refuse partial NaN":
        _refuse(nan.any(axis=1) & ~nan.all(axis=1), "NaN beside numbers", data, tracker, sequences, protocol)
        return
    if rule == "copy zero, refuse NaN and negative":
        _refuse(nan.any(axis=1) | (size < 0).any(axis=1), "NaN or a negative size", data, tracker, sequences, protocol)
        bad = (size == 0).any(axis=1)
    else:
        bad = (size <= 0).any(axis=1) | (nan.all(axis=1) if rule == "copy all-NaN" else nan.any(axis=1))
    bad &= ~data.filled
    bad[data.starts] = False
    if bad.any():
        source = np.where(bad, 0, np.arange(len(boxes)))
        data.prediction = boxes[np.maximum.accumulate(source)]
        data.notes.append(f"{np.count_nonzero(bad)} rows without a box repeat the row before")


def _refuse(
    bad: np.ndarray, what: str, data: Aligned, tracker: TrackerResults, sequences: list[Sequence], protocol: Protocol
) -> None:
    if bad.any():
        at = int(bad.argmax())
        row = int(np.searchsorted(data.starts, at, side="right")) - 1
        frame = at - int(data.starts[row]) + 1
        raise InputError(
            f"{tracker.where(sequences[row].name)}: frame {frame}: {what}, refused by the {protocol.name} protocol"
        )


def _coverage(data: Aligned) -> float:
    """Share of rows with a box: the devkit asks for a positive sum of the rounded numbers, row 1 being the truth's."""
    boxes = data.prediction.copy()
    boxes[data.starts] = data.truth[data.starts]
    return float((np.round(boxes).sum(axis=1) > 0).mean())


def _shares(data: Aligned, protocol: Protocol) -> dict[str, np.ndarray]:
    """Curve name -> (sequences, thresholds) share of each sequence's frames."""
    centre, true_centre = curves.centres(data.prediction), curves.centres(data.truth)
    size = data.truth[:, 2:]
    overlap = curves.overlap(data.prediction, data.truth, protocol)
    error = curves.centre_error(centre, true_centre)
    norm_error = curves.normalised_error(centre, true_centre, size, protocol)
    if protocol.positive_truth != "none":
        annotated = (data.truth > 0).all(axis=1)
        overlap[~annotated] = -1.0
        known = norm_known = annotated
        if protocol.positive_truth == "centre":
            known = (true_centre > 0).all(axis=1)
            norm_known = (true_centre / (size + 1e-16) > 0).all(axis=1)
        error[~known] = -1.0 if protocol.error_without_truth == "hit" else np.inf
        norm_error[~norm_known] = -1.0 if protocol.norm_error_without_truth == "hit" else np.inf
    if protocol.absent == "miss":
        overlap[data.absent] = -1.0
        error[data.absent] = np.inf
        norm_error[data.absent] = np.inf
    success = curves.success_counts(overlap, data.lengths, protocol.success_thresholds, protocol.success_inclusive)
    counts = {
        "success": success,
        "precision": curves.error_counts(error, data.lengths, protocol.precision_thresholds),
        "norm_precision": curves.error_counts(norm_error, data.lengths, protocol.norm_thresholds),
    }
    return {name: count / data.lengths[:, None] for name, count in counts.items()}


_METRICS = {"success": "success_auc", "precision": "precision", "norm_precision": "norm_precision"}
_RULES = {
    "success": lambda protocol: protocol.success_number,
    "precision": lambda protocol: protocol.precision_number,
    "norm_precision": lambda protocol: protocol.norm_number,
}
_THRESHOLDS = {
    "success": lambda protocol: protocol.success_thresholds,
    "precision": lambda protocol: protocol.precision_thresholds,
    "norm_precision": lambda protocol: protocol.norm_thresholds,
}


def _summarise(
    shares: dict[str, np.ndarray], protocol: Protocol, chosen: np.ndarray
) -> tuple[dict[str, float], dict[str, Curve]]:
    """Metrics and curves, averaged over the chosen sequences."""
    metrics, drawn = {}, {}
    for name, share in shares.items():
        rows = share[chosen]
        if protocol.drops_empty_curves:
            rows = rows[rows.sum(axis=1) > np.finfo(np.float64).eps]
        curve = rows.mean(axis=0) if len(rows) else np.zeros(share.shape[1])
        metrics[_METRICS[name]] = float(curves.number_of(curve, _RULES[name](protocol)))
        drawn[name] = Curve(_THRESHOLDS[name](protocol), curve)
    return metrics, drawn


def _by_attribute(
    shares: dict[str, np.ndarray], sequences: list[Sequence], protocol: Protocol
) -> dict[str, dict[str, float]]:
    attributes = sorted({attribute for sequence in sequences for attribute in sequence.attributes})
    table = {}
    for attribute in attributes:
        chosen = np.array([attribute in sequence.attributes for sequence in sequences])
        table[attribute] = {**_summarise(shares, protocol, chosen)[0], "sequences": int(chosen.sum())}
    return table


def listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
