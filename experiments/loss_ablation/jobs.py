"""The trackers of a study: each a training and a run over the test sequences."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.loss_ablation.families import FAMILIES
from experiments.loss_ablation.plan import Parts, Plan, digest, tracker_name
from experiments.real_data import BENCHMARK
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.running.runner import is_finished
from siou_tracking.benchmarks.running.settings import RunSettings
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.trackers import available_trackers

UNTRAINED = ("static", "opencv-mil")
"""For scale: the first box held still, and OpenCV's MIL tracker, where this OpenCV has it."""


@dataclasses.dataclass(frozen=True, eq=False)
class Job:
    """One tracker over all sequences, trained first where it must be."""

    plan: Plan
    parts: Parts
    sequences: Sequence[AnnotatedSequence]
    family: str
    """Or the name of an untrained tracker."""
    loss: str | None = None
    """None for an untrained tracker."""
    seed: int = 0
    """Of the training and the tracker."""

    @property
    def name(self) -> str:
        """The folder of its results; with other values of the tracker's preset it is another."""
        if self.loss is None:
            return self.family
        return f"{tracker_name(self.family, self.loss, self.seed)}-{digest(FAMILIES[self.family].preset())}"

    def settings(self, weights: Path | None = None) -> RunSettings:
        """What the product's running needs."""
        known = FAMILIES.get(self.family)
        return RunSettings(
            benchmark=get_benchmark(BENCHMARK),
            folder=self.parts.tracks / self.name,
            tracker=known.tracker if known else self.family,
            param=known.param if known else None,
            weights=weights,
            device="cpu",
            seed=self.seed,
        )

    def count_missing(self) -> int:
        """Sequences without a result."""
        settings = self.settings()
        return sum(not is_finished(settings, one) for one in self.sequences)


def list_jobs(
    plan: Plan, parts: Parts, sequences: Sequence[AnnotatedSequence], losses: Mapping[str, Sequence[str]], seeds: int
) -> list[Job]:
    """Every tracker, seed after seed, so that what an early end leaves compares all losses.

    Args:
        losses: family -> its losses.
        seeds: 0, 1, ... so many.
    """
    trained = [
        Job(plan, parts, sequences, family, loss, seed)
        for seed in range(seeds)
        for family, names in losses.items()
        for loss in names
    ]
    untrained = [Job(plan, parts, sequences, name) for name in UNTRAINED if name in available_trackers()]
    return [*untrained, *trained]
