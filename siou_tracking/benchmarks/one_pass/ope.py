"""One-pass evaluation (OTB2015, LaSOT, TrackingNet): success, precision and normalized precision of one tracker."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterator

import numpy as np

from siou_tracking.benchmarks.one_pass import curves
from siou_tracking.benchmarks.one_pass.align import Aligned, align, require_files
from siou_tracking.benchmarks.one_pass.doubts.first_row import FirstRows
from siou_tracking.benchmarks.one_pass.doubts.unannotated import Unannotated, describe_unannotated, find_unannotated
from siou_tracking.benchmarks.one_pass.results import TrackerResults
from siou_tracking.benchmarks.protocol import Protocol
from siou_tracking.benchmarks.scores import Curve, Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.wording import listed

_BLOCK = 20_000  # frames computed at once: large enough for numpy, small enough for the processor's cache


@dataclasses.dataclass(frozen=True)
class _Kind:
    """A curve: the metric it gives, its thresholds, and the rule that makes one number of it."""

    metric: str
    thresholds: np.ndarray
    rule: str


def _kinds(protocol: Protocol) -> dict[str, _Kind]:
    return {
        "success": _Kind("success_auc", protocol.success_thresholds, protocol.success_number),
        "precision": _Kind("precision", protocol.precision_thresholds, protocol.precision_number),
        "norm_precision": _Kind("norm_precision", protocol.norm_thresholds, protocol.norm_number),
    }


def score_ope(
    tracker: TrackerResults,
    sequences: list[AnnotatedSequence],
    protocol: Protocol,
    expected: int,
    *,
    official: Container[str] = (),
    name: str | None = None,
) -> Score:
    """Score one tracker.

    Args:
        tracker: its result files.
        sequences: annotations; only these are scored, and the score says how many of `expected` they are.
        protocol: the rules.
        expected: sequences the benchmark has.
        official: names of its sequences.
        name: that the score carries; None for the results' own.

    Raises:
        InputError: a file the protocol asks for is missing, malformed, of a wrong length, or holds a value that the
            evaluator behind the protocol refuses.
    """
    if not sequences:
        raise InputError(f"{protocol.benchmark}: got no sequences to score {tracker.name} on")
    notes = require_files(tracker, sequences, protocol)
    repeated = [sequence.name for sequence in sequences if len(tracker.repetitions(sequence.name)) > 1]
    if repeated:
        notes.append(f"several repetitions of {listed(repeated)}: {protocol.benchmark} has one, the first is scored")
    blocks, frames, boxed, first_rows = [], 0, 0, FirstRows()
    unannotated: list[Unannotated] = []
    for block in _blocks(sequences):
        data = align(tracker, block, protocol, notes, first_rows)
        frames += len(data.truth)
        boxed += _finish(data, protocol)
        shares_of_block, complete = _shares(data, protocol)
        blocks.append(shares_of_block)
        was_cut = len(data.truth) < sum(len(one.ground_truth) for one in block)
        if not complete or (was_cut and protocol.positive_truth != "none"):
            unannotated += _find_unannotated(block)
    shares = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    kinds = _kinds(protocol)
    metrics, drawn = _summarize(shares, protocol, np.ones(len(sequences), bool))
    if "coverage" in protocol.metrics:
        metrics["coverage"] = boxed / frames
    single = {kinds[name].metric: curves.number_of(share, kinds[name].rule) for name, share in shares.items()}
    per_sequence = {
        sequence.name: {metric: float(values[row]) for metric, values in single.items()}
        for row, sequence in enumerate(sequences)
    }
    doubts = first_rows.doubts(protocol)
    return Score(
        benchmark=protocol.benchmark,
        protocol=protocol.name,
        tracker=name or tracker.name,
        metrics=metrics,
        per_sequence=per_sequence,
        sequences=len(sequences),
        expected=expected,
        frames=frames,
        curves=drawn,
        per_attribute=_by_attribute(shares, sequences, protocol),
        notes=[*doubts, *describe_unannotated(unannotated, official), *notes],
        doubts=doubts,
    )


def _blocks(sequences: list[AnnotatedSequence]) -> Iterator[list[AnnotatedSequence]]:
    """Consecutive sequences of about `_BLOCK` frames together."""
    block: list[AnnotatedSequence] = []
    frames = 0
    for sequence in sequences:
        block.append(sequence)
        frames += len(sequence.ground_truth)
        if frames >= _BLOCK:
            yield block
            block, frames = [], 0
    if block:
        yield block


def _finish(data: Aligned, protocol: Protocol) -> int:
    """Round and replace first frames, in place; returns how many rows have a box (coverage as the devkit counts it)."""
    if protocol.rounded:
        data.prediction, data.truth = np.round(data.prediction), np.round(data.truth)
    if protocol.first_frame == "replaced":
        data.prediction[data.starts] = data.truth[data.starts]
    return int(np.count_nonzero(data.prediction.sum(axis=1) > 0)) if "coverage" in protocol.metrics else 0


def _find_unannotated(block: list[AnnotatedSequence]) -> list[Unannotated]:
    found = (find_unannotated(one.name, one.ground_truth, one.absent) for one in block)
    return [one for one in found if one is not None]


def _shares(data: Aligned, protocol: Protocol) -> tuple[dict[str, np.ndarray], bool]:
    """Curve name -> (sequences, thresholds) share of each sequence's frames.

    Returns:
        shares, and whether every frame whose target is there counts as annotated.
    """
    prediction, truth = curves.planes(data.prediction), curves.planes(data.truth)
    center, true_center, size = curves.centers(prediction), curves.centers(truth), truth[2:]
    overlap = curves.overlap(prediction, truth, protocol)
    error = curves.center_error(center, true_center)
    norm_error = curves.normalized_error(center, true_center, size, protocol)
    complete = True
    if protocol.positive_truth != "none":
        annotated = truth.min(axis=0) > 0
        complete = bool((annotated | data.absent).all())
        if protocol.absent == "not annotated":
            annotated &= ~data.absent
        overlap[~annotated] = -1.0
        known = norm_known = annotated
        if protocol.positive_truth == "center":
            known = true_center.min(axis=0) > 0
            norm_known = (true_center / (size + 1e-16)).min(axis=0) > 0
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
    return {name: count / data.lengths[:, None] for name, count in counts.items()}, complete


def _summarize(
    shares: dict[str, np.ndarray], protocol: Protocol, chosen: np.ndarray
) -> tuple[dict[str, float], dict[str, Curve]]:
    """Metrics and curves, averaged over the chosen sequences."""
    metrics, drawn = {}, {}
    for name, kind in _kinds(protocol).items():
        rows = shares[name][chosen]
        if protocol.drops_empty_curves:
            rows = rows[rows.sum(axis=1) > np.finfo(np.float64).eps]
        curve = rows.mean(axis=0) if len(rows) else np.zeros(len(kind.thresholds))
        metrics[kind.metric] = float(curves.number_of(curve, kind.rule))
        drawn[name] = Curve(kind.thresholds, curve)
    return metrics, drawn


def _by_attribute(
    shares: dict[str, np.ndarray], sequences: list[AnnotatedSequence], protocol: Protocol
) -> dict[str, dict[str, float]]:
    """Attribute -> metrics over the sequences that have it, and their number."""
    table = {}
    for attribute in sorted({attribute for sequence in sequences for attribute in sequence.attributes}):
        chosen = np.array([attribute in sequence.attributes for sequence in sequences])
        table[attribute] = {**_summarize(shares, protocol, chosen)[0], "sequences": int(chosen.sum())}
    return table
