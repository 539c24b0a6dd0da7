"""Accuracy, robustness and expected average overlap (EAO) of reset-based VOT results.

    sequences = load_sequences("VOT2018.json")
    results = load_results("results/ATOM.tar.xz")["ATOM"]
    score(results, sequences).metrics            # {"accuracy": ..., "robustness": ..., "eao": ...}

All overlaps of all runs are computed in one call; `vot2018.measures` turns them into the three numbers and
`vot2018.protocol` holds what programs disagree on. Reproduces pysot-toolkit and vot-toolkit 0.9.0 to 1e-6 under their
named protocols.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from siou_tracking.benchmarks.official_names import official_names
from siou_tracking.benchmarks.one_pass.names import near_names
from siou_tracking.benchmarks.scores import Curve, Score
from siou_tracking.benchmarks.vot2018.data import VotSequence, load_sequences
from siou_tracking.benchmarks.vot2018.forms import find_other_form
from siou_tracking.benchmarks.vot2018.measures import (
    ExpectedOverlap,
    ScoredRun,
    accuracy,
    any_frame_counts,
    mean_in,
    robustness,
)
from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.protocol import BURN_IN, EMPTY_TAG, TAGS, Vot2018Protocol, find_protocol
from siou_tracking.benchmarks.vot2018.results import (
    FAILED,
    TRACKED,
    Results,
    Run,
    load_results,
    refuse_one_pass,
    require_start,
)
from siou_tracking.errors import InputError
from siou_tracking.wording import listed

__all__ = ["load_results", "load_sequences", "score"]


def score(
    results: Results,
    sequences: Iterable[VotSequence],
    protocol: str | Vot2018Protocol = "official",
    tracker: str = "tracker",
    interval: tuple[int, int] | None = None,
    expected: int | None = None,
) -> Score:
    """Score one tracker.

    Args:
        results: sequence name -> its runs, from `load_results`.
        sequences: the annotated sequences; all of them are expected in the results.
        protocol: official, pysot, vot-toolkit or exact; see `vot2018.protocol`.
        tracker: name that the score carries.
        interval: run lengths that EAO averages, both included; None takes the protocol's (VOT2018: 100..356).
        expected: sequences the benchmark has; None counts the official ones.

    Returns:
        `metrics`: accuracy in [0, 1]; robustness, failures per 100 frames (vot-toolkit: mean count of failures, with
        its exponential form beside it), lower is better; eao in [0, 1], left out with a note when no run reaches the
        interval. Also the EAO curve over lengths, the values of each sequence, and all three per attribute.

    Raises:
        InputError: a sequence without results, a result of another length than the protocol tolerates, or results that
            are not reset-based.
    """
    rules = find_protocol(protocol) if isinstance(protocol, str) else protocol
    sequences = list(sequences)
    if not sequences:
        raise InputError(f"{rules.benchmark}: {tracker}: got no sequences to score on")
    notes: list[str] = []
    doubts: list[str] = []
    runs = _scored_runs(results, sequences, rules, tracker, notes, doubts)
    per_sequence = {s.name: _sequence_values([r for r in runs if r.sequence is s], s, rules) for s in sequences}
    frames = sum(len(sequence) for sequence in sequences)
    low, high = interval or rules.interval
    segments = ExpectedOverlap(runs, rules, high)
    curve = segments.curve()
    metrics = {"accuracy": accuracy(runs, sequences, rules), "robustness": robustness(runs, sequences, rules)}
    eao = mean_in(curve, low, high)
    if eao is not None:
        metrics["eao"] = eao
    if not rules.robustness_in_percent:
        metrics["exp_robustness"] = math.exp(-30 * metrics["robustness"] * len(sequences) / frames)
    if not any_frame_counts(runs):
        notes.append(f"accuracy is of no frame: the first {BURN_IN} after each start of a tracker do not count")
    notes += _short_runs(curve, low, high)
    return Score(
        benchmark=rules.benchmark,
        protocol=rules.name,
        tracker=tracker,
        metrics=metrics,
        per_sequence=per_sequence,
        sequences=len(sequences),
        expected=len(official_names(rules.benchmark)) if expected is None else expected,
        frames=frames,
        curves={"eao": Curve(segments.lengths[~np.isnan(curve)], curve[~np.isnan(curve)])},
        per_attribute={
            tag: _tag_values(runs, sequences, rules, tag, mean_in(segments.curve(tag), low, high))
            for tag in (*TAGS, EMPTY_TAG)
        },
        notes=[*doubts, *notes],
        doubts=doubts,
    )


def _short_runs(curve: np.ndarray, low: int, high: int) -> list[str]:
    """A note where no run is long enough for all of the lengths that EAO averages."""
    if not np.isnan(curve[low - 1 : high]).any():
        return []
    reached = int(np.flatnonzero(~np.isnan(curve))[-1]) + 1
    kind = "no EAO" if reached < low else f"EAO over {low}..{reached} only"
    return [f"{kind}: no run is longer than {reached} frames, the interval is {low}..{high}"]


def _scored_runs(
    results: Results,
    sequences: list[VotSequence],
    rules: Vot2018Protocol,
    tracker: str,
    notes: list[str],
    doubts: list[str],
) -> list[ScoredRun]:
    """Match runs with sequences and compute every overlap of every run in one call."""
    pairs: list[tuple[Run, VotSequence, float]] = []
    rows: list[Run] = []
    missing = [sequence.name for sequence in sequences if sequence.name not in results]
    if missing:
        others = f"it has {len(results)} others" if len(missing) == len(sequences) else listed(missing)
        hint = near_names(sorted(set(results) - {sequence.name for sequence in sequences}), missing)
        raise InputError(
            f"{rules.benchmark}: {tracker} has no result for {len(missing)} of {len(sequences)} sequences: {others}"
            + hint
        )
    for sequence in sequences:
        rows += results[sequence.name]
        for run in results[sequence.name]:
            pairs.append((_fitted(run, sequence, rules, notes), sequence, 1 / len(results[sequence.name])))
    found = Regions.joined(run.regions for run, _, _ in pairs)
    places = [np.flatnonzero(run.kinds == TRACKED) for run, _, _ in pairs]
    truth = Regions.joined(sequence.regions[place] for (_, sequence, _), place in zip(pairs, places, strict=True))
    counts = [len(place) for place in places]
    size = np.repeat([(sequence.width, sequence.height) for _, sequence, _ in pairs], counts, axis=0).reshape(-1, 2)
    for_eao = rules.overlap(found, truth, size - rules.eao_inset)
    for_accuracy = _with_other_limits(found, truth, size, for_eao, rules)
    other_form = find_other_form(found, truth, for_eao)
    doubts += [other_form] if other_form else []
    scored, ends = [], np.cumsum(counts)
    for (run, sequence, share), whole, place, end in zip(pairs, rows, places, ends, strict=True):
        part = slice(end - len(place), end)
        refuse_one_pass(whole, int((for_eao[part] == 0).sum()), len(sequence), other_form)
        values = np.full((2, len(run)), np.nan)
        values[0, place], values[1, place] = for_accuracy[part], for_eao[part]
        scored.append(ScoredRun(run, sequence, values[0], values[1], share))
    return scored


def _with_other_limits(
    found: Regions, truth: Regions, size: np.ndarray, overlaps: np.ndarray, rules: Vot2018Protocol
) -> np.ndarray:
    """The overlaps under accuracy's limits: only frames that reach the image's far edges can differ."""
    if rules.accuracy_inset == rules.eao_inset:
        return overlaps
    inset = max(rules.accuracy_inset, rules.eao_inset) + 2
    reach = np.maximum(found.corners.max(1), truth.corners.max(1))
    near = np.flatnonzero((reach >= size - inset).any(1))
    changed = overlaps.copy()
    changed[near] = rules.overlap(found[near], truth[near], size[near] - rules.accuracy_inset)
    return changed


def _fitted(run: Run, sequence: VotSequence, rules: Vot2018Protocol, notes: list[str]) -> Run:
    difference = len(run) - len(sequence)
    if difference == 0:
        require_start(run)
        return run
    if rules.rows_to_lose is not None and abs(difference) > rules.rows_to_lose:
        allowed = f"{len(sequence)} rows" + (f", {rules.rows_to_lose} more or less" if rules.rows_to_lose else "")
        raise InputError(
            f"{run.source}: {len(run)} rows, '{sequence.name}' has {len(sequence)} frames, allowed: {allowed}"
        )
    require_start(run)
    kept = min(len(run), len(sequence))
    notes.append(f"{sequence.name}: {len(run)} rows for {len(sequence)} frames, the first {kept} were scored")
    return run.cut(kept)


def _sequence_values(runs: list[ScoredRun], sequence: VotSequence, rules: Vot2018Protocol) -> dict[str, float]:
    return {
        "accuracy": accuracy(runs, [sequence], rules),
        "robustness": robustness(runs, [sequence], rules),
        "failures": float(np.mean([(scored.run.kinds == FAILED).sum() for scored in runs])),
        "repetitions": float(len(runs)),
    }


def _tag_values(
    runs: list[ScoredRun], sequences: list[VotSequence], rules: Vot2018Protocol, tag: str, eao: float | None
) -> dict[str, float]:
    frames = int(sum(sequence.tags[tag].sum() for sequence in sequences))
    values = {"frames": float(frames)}
    if frames:
        values["accuracy"] = accuracy(runs, sequences, rules, tag)
        values["robustness"] = robustness(runs, sequences, rules, tag)
        if eao is not None:
            values["eao"] = eao
    return values
