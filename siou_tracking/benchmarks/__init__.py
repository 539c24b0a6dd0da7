"""Benchmarks: read data and results in the official layouts, score them by a named protocol.

sequences = load_sequences("lasot", "lasot280_annotations.tar.xz")
scores = score("lasot", "results/atom", sequences)          # tracker name -> Score
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from siou_tracking.errors import InputError, unknown_name

if TYPE_CHECKING:
    from siou_tracking.benchmarks.base import Score, Sequence

BENCHMARKS = ("lasot", "got10k", "trackingnet", "otb2015", "vot2018")


def load_benchmark(name: str) -> Any:
    """The module of one benchmark.

    Raises:
        InputError: an unknown name.
    """
    if name not in BENCHMARKS:
        raise unknown_name("benchmark", name, BENCHMARKS)
    return importlib.import_module(
        f"siou_tracking.benchmarks.{'vot2018.score' if name == 'vot2018' else 'one_pass.' + name}"
    )


def load_sequences(benchmark: str, source: str | os.PathLike[str], split: str | None = None) -> list[Any]:
    """Sequences of a benchmark, from its data folder or from a file of annotations only.

    Args:
        benchmark: one of `BENCHMARKS`.
        source: the root of the data in the official layout, or annotations (see the benchmark's module).
        split: val, test or train of got10k, TEST or TRAIN_n of trackingnet, in any case; None for what is usual.

    Returns:
        `base.Sequence`, of vot2018 `vot2018_data.VotSequence`.

    Raises:
        InputError: nothing there, a malformed file, or a split of a benchmark that has none.
    """
    module = load_benchmark(benchmark)
    if split is None:
        return module.load_sequences(source)
    if benchmark not in ("got10k", "trackingnet"):
        raise InputError(f"split: got '{split}', {benchmark} has none; allowed for got10k and trackingnet")
    return module.load_sequences(source, split=split.upper() if benchmark == "trackingnet" else split.lower())


def score(
    benchmark: str,
    results: str | os.PathLike[str],
    truth: str | os.PathLike[str] | list[Sequence],
    protocol: str | None = None,
) -> dict[str, Score]:
    """Score every tracker under a path.

    Args:
        benchmark: one of `BENCHMARKS`.
        results: a tracker's folder, a folder of trackers, or an archive of either.
        truth: data folder, annotation file, or sequences already loaded.
        protocol: whose rules (see `protocol.PROTOCOLS`); None for the official ones.

    Returns:
        tracker name -> its score.

    Raises:
        InputError: anything missing or malformed, with file and line.
    """
    from tqdm import tqdm

    from siou_tracking.benchmarks.one_pass.results import open_results
    from siou_tracking.benchmarks.protocol import get_protocol

    module = load_benchmark(benchmark)
    rules = get_protocol(benchmark, protocol)
    sequences = truth if isinstance(truth, list) else module.load_sequences(truth)
    if benchmark == "vot2018":
        runs = module.load_results(results)
        return {name: module.score(run, sequences, rules, tracker=name) for name, run in runs.items()}
    trackers = open_results(results, [sequence.name for sequence in sequences], getattr(module, "ALIASES", None))
    progress = tqdm(trackers.items(), desc=f"scoring {benchmark}", disable=None if len(trackers) > 1 else True)
    return {name: module.score(tracker, sequences, rules) for name, tracker in progress}


def score_otb(results: str | os.PathLike[str], truth: Any, protocol: str | None = None) -> Score:
    """OTB2015 score of the one tracker under `results` (see `score`)."""
    return _only(score("otb2015", results, truth, protocol))


def score_lasot(results: str | os.PathLike[str], truth: Any, protocol: str | None = None) -> Score:
    """LaSOT score of the one tracker under `results` (see `score`)."""
    return _only(score("lasot", results, truth, protocol))


def score_got10k(results: str | os.PathLike[str], truth: Any, protocol: str | None = None) -> Score:
    """GOT-10k validation score of the one tracker under `results` (see `score`)."""
    return _only(score("got10k", results, truth, protocol))


def score_trackingnet(results: str | os.PathLike[str], truth: Any, protocol: str | None = None) -> Score:
    """TrackingNet score of the one tracker under `results` (see `score`)."""
    return _only(score("trackingnet", results, truth, protocol))


def _only(scores: dict[str, Score]) -> Score:
    if len(scores) != 1:
        raise InputError(f"results: {len(scores)} trackers found ({', '.join(scores)}), one is expected")
    return next(iter(scores.values()))
