"""From overlaps per frame to accuracy, robustness and expected average overlap.

Accuracy leaves out the frames after each initialization, averages repetitions frame by frame, and pools all frames.
For EAO a run is cut into segments at its failures; a segment is a row of a table, padded with zeros when it ended in a
failure, and the expected overlap of a run of N frames is the mean, over the rows that say something about length N, of
the row's mean over frames 2..N. Definitions: Kristan et al., "The sixth visual object tracking VOT2018 challenge
results", ECCVW 2018; Cehovin et al., "Visual object tracking performance measures revisited", TIP 2016.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from siou_tracking.benchmarks.vot2018.data import VotSequence
from siou_tracking.benchmarks.vot2018.protocol import BURN_IN, SKIP, Vot2018Protocol
from siou_tracking.benchmarks.vot2018.results import FAILED, INITIALIZED, Run


@dataclass(frozen=True)
class ScoredRun:
    """A run with its (frames,) overlaps: NaN where no region was given. `share`: 1 / repetitions on the sequence."""

    run: Run
    sequence: VotSequence
    accuracy_overlaps: np.ndarray
    eao_overlaps: np.ndarray
    share: float


def _burnt_in(scored: ScoredRun) -> np.ndarray:
    """(frames,) overlaps for accuracy: NaN also in the frames after each initialization."""
    starts = np.flatnonzero(scored.run.kinds == INITIALIZED)
    values = scored.accuracy_overlaps.copy()
    dropped = (starts[:, None] + np.arange(BURN_IN)).ravel()
    values[dropped[dropped < len(values)]] = np.nan
    return values


def _frame_accuracy(runs: list[ScoredRun], length: int) -> np.ndarray:
    """(length,) mean over repetitions of the overlap in each frame, NaN where none counts."""
    table = np.full((len(runs), length), np.nan)
    for row, scored in zip(table, runs, strict=True):
        row[: len(scored.run)] = _burnt_in(scored)
    return _nan_mean(table)


def _nan_mean(table: np.ndarray) -> np.ndarray:
    counts = (~np.isnan(table)).sum(0)
    return np.where(counts, np.nansum(table, axis=0) / np.maximum(counts, 1), np.nan)


def _mean_or_zero(values: np.ndarray) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else 0.0


def _by_sequence(runs: list[ScoredRun], sequences: list[VotSequence]) -> list[tuple[VotSequence, list[ScoredRun]]]:
    grouped: dict[str, list[ScoredRun]] = {sequence.name: [] for sequence in sequences}
    for scored in runs:
        grouped[scored.sequence.name].append(scored)
    return [(sequence, grouped[sequence.name]) for sequence in sequences]


def accuracy(
    runs: list[ScoredRun], sequences: list[VotSequence], rules: Vot2018Protocol, tag: str | None = None
) -> float:
    """Mean overlap, leaving out the frames after each initialization, in [0, 1]; 0 where no frame counts.

    Args:
        runs: the scored runs on `sequences`.
        sequences: the sequences to take the mean over.
        rules: pooled over frames, or a mean per run weighted by sequence length.
        tag: only frames with this tag.
    """
    if rules.pooled:
        parts = []
        for sequence, group in _by_sequence(runs, sequences):
            by_frame = _frame_accuracy(group, len(sequence))
            parts.append(by_frame if tag is None else by_frame[sequence.tags[tag]])
        return _mean_or_zero(np.concatenate(parts))
    weights, values = [], []
    for scored in runs:
        kept = np.ones(len(scored.run), bool) if tag is None else scored.sequence.tags[tag][: len(scored.run)]
        weights.append(scored.share * (len(scored.sequence) if tag is None else kept.sum()))
        values.append(_mean_or_zero(_burnt_in(scored)[kept]))
    return float(np.average(values, weights=weights)) if np.sum(weights) else 0.0


def any_frame_counts(runs: list[ScoredRun]) -> bool:
    """Whether accuracy is the mean of anything."""
    return any(not np.isnan(_burnt_in(scored)).all() for scored in runs)


def robustness(
    runs: list[ScoredRun], sequences: list[VotSequence], rules: Vot2018Protocol, tag: str | None = None
) -> float:
    """Failures per 100 frames, or the mean number of failures weighted by length; arguments as `accuracy`."""
    frames = np.array([len(s) if tag is None else int(s.tags[tag].sum()) for s in sequences], dtype=np.float64)
    failures = []
    for sequence, group in _by_sequence(runs, sequences):
        marked = [(r.run.kinds == FAILED) & (True if tag is None else sequence.tags[tag][: len(r.run)]) for r in group]
        failures.append(np.mean([m.sum() for m in marked]))
    if not frames.sum():
        return 0.0
    if rules.robustness_in_percent:
        return float(np.sum(failures) / frames.sum() * 100)
    return float(np.average(failures, weights=frames))


def _segments(scored: ScoredRun, rules: Vot2018Protocol) -> list[tuple[int, int, bool]]:
    """(first frame, end, failed) of the parts of a run; a failed part is worth 0 from its end on.

    Only pysot's extra restart lets an end lie one frame past the run.
    """
    length = len(scored.run)
    failures = np.flatnonzero(scored.run.kinds == FAILED)
    if not rules.ends_at_restart:
        starts = np.flatnonzero(scored.run.kinds == INITIALIZED)
        parts = [(int(s), int(f), True) for s, f in zip(starts, failures, strict=False)]
        return parts + ([(int(starts[-1]), length, False)] if len(starts) > len(failures) else [])
    restarts = failures + SKIP
    points = [0, *restarts[restarts <= length - (not rules.restart_at_end)].tolist()]
    parts = [(start, restart + 1, True) for start, restart in itertools.pairwise(points)]
    return [*parts, (points[-1], length, False)] if points[-1] < length else parts


class ExpectedOverlap:
    """Every segment's mean overlap at every length, from which the EAO curve of all frames or of a tag is taken.

    Args:
        runs: the scored runs.
        rules: how runs are cut and weighted.
        reach: the curve has at least this many lengths.
    """

    def __init__(self, runs: list[ScoredRun], rules: Vot2018Protocol, reach: int) -> None:
        self._parts = [(scored, *segment) for scored in runs for segment in _segments(scored, rules)]
        self._longest = max(end - start for _, start, end, _ in self._parts)
        self.lengths = np.arange(1, max(reach, self._longest) + 1)
        table = np.zeros((len(self._parts), len(self.lengths)))
        lasts = np.empty(len(self._parts), np.int64)
        shares = np.empty(len(self._parts))
        for row, (scored, start, end, failed) in enumerate(self._parts):
            values = scored.eao_overlaps[start:end]
            table[row, 1 : len(values)] = np.nan_to_num(values[1:])  # the first frame has no overlap
            lasts[row] = len(self.lengths) if failed else end - start
            shares[row] = (scored.share if rules.weighted_by_repetition else 1.0) / (end - start)
        self._means = np.cumsum(table, axis=1, out=table)
        self._means /= np.maximum(self.lengths - 1, 1)
        self._usable = self.lengths <= lasts[:, None]
        self._shares = shares

    def curve(self, tag: str | None = None) -> np.ndarray:
        """(lengths,) expected average overlap of runs of 1, 2, .. frames; NaN where no segment says.

        With a tag, a segment weighs the share of its frames that have it.
        """
        tagged = [
            len(scored.eao_overlaps[start:end]) if tag is None else scored.sequence.tags[tag][start:end].sum()
            for scored, start, end, _ in self._parts
        ]
        weights = self._shares * tagged
        total = weights @ self._usable
        curve: np.ndarray = np.divide(
            weights @ (self._means * self._usable), total, out=np.full(len(total), np.nan), where=total > 0
        )
        curve[self._longest :] = np.nan
        curve[0] = 1.0
        return curve


def mean_in(curve: np.ndarray, low: int, high: int) -> float | None:
    """Mean of a curve over the lengths low..high that it knows; None where it knows none of them."""
    values = curve[low - 1 : high]
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else None
