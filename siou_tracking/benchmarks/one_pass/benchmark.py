"""What the benchmarks with one pass over each sequence share: result files, curves over thresholds, runs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from siou_tracking.benchmarks.base import Benchmark, NewTracker, Tick
from siou_tracking.benchmarks.files.writers import Dialect, result_path
from siou_tracking.benchmarks.findings import Findings
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.one_pass import wording
from siou_tracking.benchmarks.one_pass.doubts.unannotated import describe_unannotated, find_unannotated
from siou_tracking.benchmarks.one_pass.ope import score_ope
from siou_tracking.benchmarks.one_pass.results import TrackerResults, TruthAsResults, open_results, set_strays_aside
from siou_tracking.benchmarks.protocol import Protocol, protocols_of
from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence, once_each
from siou_tracking.benchmarks.unusual_boxes import unusual_boxes
from siou_tracking.benchmarks.vot2018.polygons import box_corners
from siou_tracking.untrusted.reading import read_input

if TYPE_CHECKING:
    from siou_tracking.benchmarks.running.settings import RunSettings


class OnePassBenchmark(Benchmark[AnnotatedSequence, TrackerResults, Protocol]):
    """A benchmark whose trackers are started once a sequence; a subclass adds `read_sequences`."""

    aliases: ClassVar[Mapping[str, str]] = {}
    """Other spelling of a sequence -> its official name."""
    first_pixel: ClassVar[int] = 0
    """The number of the first pixel in annotations and results; trackers count from 0."""
    dialect: ClassVar[Dialect] = Dialect()
    """How result files are written."""

    @property
    def protocols(self) -> Mapping[str, Protocol]:
        return protocols_of(self.name)

    def load_sequences(self, source: str | os.PathLike[str], split: str | None = None) -> list[AnnotatedSequence]:
        return once_each(super().load_sequences(source, split), f"{self.name}: {source}")

    def load_results(
        self, path: str | os.PathLike[str], sequences: Sequence[AnnotatedSequence], experiment: str = "baseline"
    ) -> Found[TrackerResults]:
        found = open_results(path, [sequence.name for sequence in sequences], self.aliases, self.name)
        return set_strays_aside(found, len(sequences), self.official_names, self.name)

    def score(
        self, results: TrackerResults, sequences: Sequence[AnnotatedSequence], rules: Protocol, tracker: str
    ) -> Score:
        names = self.official_names
        return score_ope(results, list(sequences), rules, len(names), official=names, name=tracker)

    def truth_as_results(self, sequences: Sequence[AnnotatedSequence]) -> TrackerResults:
        return TruthAsResults(sequences)

    def outlines(self, results: TrackerResults, sequence: AnnotatedSequence) -> np.ndarray:
        boxes, frames = results.boxes(sequence.name), len(sequence)
        if sequence.lead_in is not None and len(boxes) == len(sequence.lead_in) + frames:
            boxes = boxes[len(sequence.lead_in) :]
        boxes = boxes[:frames] - [self.first_pixel, self.first_pixel, 0, 0]
        corners = np.full((frames, 4, 2), np.nan)
        corners[: len(boxes)] = box_corners(np.where((boxes[:, 2:] > 0).all(1, keepdims=True), boxes, np.nan))
        return corners

    def find_left_out(self, score: Score, rules: Protocol) -> list[str]:
        if not rules.drops_empty_curves:
            return []
        return [name for name, values in score.per_sequence.items() if values.get("success_auc") == 0]

    def check_sequence(self, sequence: AnnotatedSequence, size: tuple[int, int] | None) -> Findings:
        truth, found = sequence.ground_truth, Findings()
        if (truth[0, 2:] <= 0).any():
            found.faults.append("the first box has no size: no tracker can start from it")
        if len(truth) < 2:
            found.notes.append("only the first frame is annotated: the organizers' server scores it")
            return found
        unannotated = find_unannotated(sequence.name, truth, sequence.absent)
        if unannotated and self.get_protocol().positive_truth == "none":
            unannotated = dataclasses.replace(unannotated, outside=unannotated.outside[:0], all_frames=False)
        if unannotated:
            found.notes += describe_unannotated([unannotated], self.official_names)
        if unannotated and unannotated.all_frames:
            found.faults.append("no frame counts as annotated: every result scores 0")
        found.notes += unusual_boxes(truth, size or sequence.resolution)
        return found

    def run_sequence(
        self, sequence: AnnotatedSequence, settings: RunSettings, new_tracker: NewTracker, tick: Tick
    ) -> None:
        from siou_tracking.benchmarks.one_pass.run import run_repetitions

        run_repetitions(self, sequence, settings, new_tracker, tick)

    def result_files(self, sequence: str, settings: RunSettings) -> list[Path]:
        runs = range(1, settings.repetitions + 1)
        return [result_path(settings.folder, sequence, self.dialect, run) for run in runs]

    def count_rows(self, file: Path) -> int:
        return read_input(file).count(b"\n")

    def name_metric(self, metric: str, rules: Protocol) -> str:
        return wording.name_metric(metric, rules)

    def describe_rules(self, rules: Protocol) -> list[tuple[str, str]]:
        return wording.describe_rules(rules)

    def explain_ceiling(self, rules: Protocol, ceiling: Mapping[str, float]) -> str:
        return wording.explain_success_ceiling(rules, ceiling.get("success_auc", 0.0))
