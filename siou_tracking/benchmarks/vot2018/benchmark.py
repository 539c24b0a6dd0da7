"""VOT short-term: reset-based runs, repeated up to 15 times, scored by accuracy, robustness and EAO."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from siou_tracking.benchmarks.base import Benchmark, NewTracker, Tick
from siou_tracking.benchmarks.findings import Findings
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.identity import refuse_other
from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.unusual_boxes import unusual_boxes
from siou_tracking.benchmarks.vot2018.data import VotSequence, load_sequences
from siou_tracking.benchmarks.vot2018.polygons import enclosing_boxes
from siou_tracking.benchmarks.vot2018.protocol import REPETITIONS, Vot2018Protocol, protocols_of
from siou_tracking.benchmarks.vot2018.results import (
    INITIALIZED,
    TRACKED,
    Results,
    Run,
    is_deterministic,
    load_results,
    parse_run,
)
from siou_tracking.benchmarks.vot2018.score import score
from siou_tracking.untrusted.reading import read_input

if TYPE_CHECKING:
    from siou_tracking.benchmarks.running.settings import RunSettings

_OTHER_YEARS = {
    "vot2016": "use --benchmark vot2016, whose EAO is the mean over lengths 108 to 371",
    "vot2018": "use --benchmark vot2018, whose EAO is the mean over lengths 100 to 356",
    "vot2019": "use --benchmark vot2019, whose EAO is the mean over lengths 46 to 291",
    "vot2020": "its masks are scored by the vot toolkit's multi-start experiment, which is none of ours",
}
"""Lists in `names/` -> where data of that year are scored."""
_NAMES = {"eao": "EAO", "exp_robustness": "exp. robustness"}


class ResetBasedVOT(Benchmark[VotSequence, Results, Vot2018Protocol]):
    """One year's challenge; data, results and measures, the same every year, are in the files beside this one."""

    interval: ClassVar[tuple[int, int]]
    """First and last run length that EAO averages."""
    experiments: ClassVar[Mapping[str, int]] = {"baseline": REPETITIONS, "realtime": 1}
    layout_marks = ("*/color", "sequences/*/color", "*/sequence", "sequences/*/sequence", "*/occlusion.tag")
    repeatable = True
    in_percent = False
    attribute_unit = "frames"
    attribute_metrics = ("accuracy", "robustness")
    ranking_metric = "failures"

    @property
    def protocols(self) -> Mapping[str, Vot2018Protocol]:
        return protocols_of(self.name, self.interval)

    def read_sequences(self, path: Path, split: str | None) -> list[VotSequence]:
        return load_sequences(path, accept=lambda names: refuse_other(self.title, self.name, _OTHER_YEARS, names, path))

    def load_results(
        self, path: str | os.PathLike[str], sequences: Sequence[VotSequence], experiment: str = "baseline"
    ) -> Found[Results]:
        return load_results(path, experiment, [sequence.name for sequence in sequences])

    def score(self, results: Results, sequences: Sequence[VotSequence], rules: Vot2018Protocol, tracker: str) -> Score:
        return score(results, sequences, rules, tracker, expected=len(self.official_names))

    def truth_as_results(self, sequences: Sequence[VotSequence]) -> Results:
        runs: dict[str, list[Run]] = {}
        for sequence in sequences:
            kinds = np.full(len(sequence), TRACKED, np.int8)
            kinds[0] = INITIALIZED
            runs[sequence.name] = [Run(kinds, sequence.regions[1:], f"ground truth of {sequence.name}")]
        return runs

    def outlines(self, results: Results, sequence: VotSequence) -> np.ndarray:
        run = results[sequence.name][0].cut(len(sequence))
        corners = np.full((len(sequence), 4, 2), np.nan)
        corners[np.flatnonzero(run.kinds == TRACKED)] = run.regions.corners
        return corners

    def check_sequence(self, sequence: VotSequence, size: tuple[int, int] | None) -> Findings:
        found = Findings()
        if size and size != (sequence.width, sequence.height):
            stated = f"{sequence.width} x {sequence.height}"
            found.faults.append(f"'sequence' states {stated}, but the images are {size[0]} x {size[1]}")
        found.notes += unusual_boxes(enclosing_boxes(sequence.regions.corners), (sequence.width, sequence.height))
        return found

    def weigh(self, sequence: VotSequence) -> float:
        return float(len(sequence))

    def run_sequence(self, sequence: VotSequence, settings: RunSettings, new_tracker: NewTracker, tick: Tick) -> None:
        from siou_tracking.benchmarks.vot2018.run import run_experiment
        from siou_tracking.ltr.data.image_loader import default_image_loader

        def read(path: Path) -> np.ndarray:
            tick(1)
            return default_image_loader(path)

        run_experiment(
            new_tracker(1),
            [sequence],
            settings.folder.parent,
            settings.folder.name,
            experiment=settings.experiment,
            repetitions=settings.repetitions,
            seed=settings.seed,
            read=read,
            progress=False,
        )

    def result_files(self, sequence: str, settings: RunSettings) -> list[Path]:
        folder = settings.folder / settings.experiment / sequence
        return [folder / f"{sequence}_{number:03d}.txt" for number in range(1, settings.repetitions + 1)]

    def count_rows(self, file: Path) -> int:
        return len(parse_run(read_input(file), str(file)))

    def needs_no_more(self, files: Sequence[Path]) -> bool:
        return is_deterministic(files)

    def ticked_repetitions(self, repetitions: int) -> int:
        return 1  # how many will be run is not known before three are there

    def name_metric(self, metric: str, rules: Vot2018Protocol) -> str:
        return _NAMES.get(metric, metric)

    def describe_rules(self, rules: Vot2018Protocol) -> list[tuple[str, str]]:
        low, high = rules.interval
        return [
            ("run", "restarted 5 frames after each failure (overlap 0)"),
            ("accuracy", "pooled over all frames" if rules.pooled else "mean of runs, weighted by length"),
            ("robustness", "failures per 100 frames" if rules.robustness_in_percent else "mean failures a sequence"),
            ("EAO", f"mean of the curve over lengths {low} to {high}"),
        ]

    def explain_ceiling(self, rules: Vot2018Protocol, ceiling: Mapping[str, float]) -> str:
        return "Accuracy and EAO are mean overlaps, robustness counts failures; a perfect run has none."

    def eao_interval(self, rules: Vot2018Protocol) -> tuple[int, int]:
        return rules.interval


class VOT2018(ResetBasedVOT):
    """The 60 sequences of VOT2017 and VOT2018."""

    name = "vot2018"
    title = "VOT2018"
    interval = (100, 356)
