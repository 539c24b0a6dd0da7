"""Benchmarks: read data and results in the official layouts, score them by a named protocol.

sequences = load_sequences("lasot", "lasot280_annotations.tar.xz")
scores = score("lasot", "results/atom", sequences)          # tracker name -> Score
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

from siou_tracking.benchmarks.registry import available_benchmarks, find_benchmark, get_benchmark, names_where
from siou_tracking.errors import InputError

if TYPE_CHECKING:
    from siou_tracking.benchmarks.scores import Score

BENCHMARKS = available_benchmarks()

# Any: the class of a sequence is the benchmark's, which a name decides (see `base.AnyBenchmark`).
Sequences: TypeAlias = list[Any]
Truth: TypeAlias = "str | os.PathLike[str] | Sequences"
"""A data folder, an annotation file, or sequences already loaded."""


def load_sequences(benchmark: str, source: str | os.PathLike[str], split: str | None = None) -> Sequences:
    """Sequences of a benchmark, from its data folder or from a file of annotations only.

    Args:
        benchmark: one of `BENCHMARKS`, in any spelling, or custom:NAME for own data by the rules of NAME.
        source: the root of the data in the official layout, or annotations (see the benchmark's `read_sequences`).
        split: val, test or train of got10k, TEST or TRAIN_n of trackingnet, in any case; None for what is usual.

    Returns:
        `sequence.AnnotatedSequence`, of the VOT years `vot2018.data.VotSequence`.

    Raises:
        InputError: nothing there, a malformed file, or a split of a benchmark that has none.
    """
    found = get_benchmark(benchmark)
    if split is not None and not found.splits:
        allowed = names_where(lambda one: one.splits)
        raise InputError(f"split: got '{split}', {benchmark} has none; allowed for {allowed}")
    return found.load_sequences(source, split)


def score(
    benchmark: str, results: str | os.PathLike[str], truth: Truth, protocol: str | None = None
) -> dict[str, Score]:
    """Score every tracker under a path.

    Args:
        benchmark: one of `BENCHMARKS`, in any spelling, or custom for own data.
        results: a tracker's folder, a folder of trackers, or an archive of either.
        truth: data folder, annotation file, or sequences already loaded.
        protocol: whose rules (see `registry.available_protocols`); None for the official ones. Of custom: the
            benchmark whose rules hold.

    Returns:
        tracker name -> its score.

    Raises:
        InputError: anything missing or malformed, with file and line; of one tracker is enough.
    """
    name, protocol = find_benchmark(benchmark, protocol)
    found = get_benchmark(name)
    rules = found.get_protocol(protocol)
    sequences = truth if isinstance(truth, list) else found.load_sequences(truth)
    scores = found.score_trackers(results, sequences, rules)
    scores.require_all()
    return scores


def score_otb(results: str | os.PathLike[str], truth: Truth, protocol: str | None = None) -> Score:
    """OTB2015 score of the one tracker under `results` (see `score`)."""
    return _only(score("otb2015", results, truth, protocol))


def score_lasot(results: str | os.PathLike[str], truth: Truth, protocol: str | None = None) -> Score:
    """LaSOT score of the one tracker under `results` (see `score`)."""
    return _only(score("lasot", results, truth, protocol))


def score_got10k(results: str | os.PathLike[str], truth: Truth, protocol: str | None = None) -> Score:
    """GOT-10k validation score of the one tracker under `results` (see `score`)."""
    return _only(score("got10k", results, truth, protocol))


def score_trackingnet(results: str | os.PathLike[str], truth: Truth, protocol: str | None = None) -> Score:
    """TrackingNet score of the one tracker under `results` (see `score`)."""
    return _only(score("trackingnet", results, truth, protocol))


def _only(scores: dict[str, Score]) -> Score:
    if len(scores) != 1:
        raise InputError(f"results: {len(scores)} trackers found ({', '.join(scores)}), one is expected")
    return next(iter(scores.values()))
