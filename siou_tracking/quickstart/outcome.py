"""What the trainings of `siou-tracking quickstart` reached, as numbers, tables, page and pictures."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence as Clip
from siou_tracking.quickstart.evaluate import Tracked, certainty
from siou_tracking.quickstart.families import Family
from siou_tracking.quickstart.page import write_box_loss_report, write_overlay
from siou_tracking.quickstart.recipe import Outcome, Results
from siou_tracking.quickstart.table import format_table, reading_note, set_title
from siou_tracking.quickstart.verdict import verdict_lines


@dataclasses.dataclass(frozen=True)
class BoxLossOutcome(Outcome):
    """Every tracker on every set of sequences; all fields but the first are by benchmark."""

    family: Family
    sets: dict[str, list[Clip]]
    tracked: dict[str, dict[str, Tracked]]
    """Tracker -> what it did, trained from the first seed."""
    scores: dict[str, dict[str, Score]]
    """Tracker -> its score, of several seeds their mean."""
    metrics: dict[str, dict[str, dict[str, float]]]
    """Tracker -> metric -> value, see `evaluate.score_all`."""
    seeds: dict[str, dict[str, list[dict[str, float]]]]
    """Loss -> the metrics of each of its trainings."""

    def numbers(self) -> Results:
        protocols = {name: next(iter(scores.values())).protocol for name, scores in self.scores.items()}
        return {
            "tracker": self.family.preset,
            "metrics": self.metrics,
            "seeds": self.seeds,
            "protocols": protocols,
            "certainty": self.certainty,
            "verdict": self.verdict,
        }

    @functools.cached_property
    def verdict(self) -> dict[str, list[str]]:
        """Benchmark -> two lines, see `verdict.verdict_lines`; of two losses or more."""
        return {
            name: verdict_lines(name, self.metrics[name], self.seeds[name], sure)
            for name, sure in self.certainty.items()
            if len(self.seeds[name]) > 1
        }

    @functools.cached_property
    def certainty(self) -> dict[str, Results]:
        """Benchmark -> intervals, and the last variant against the first, see `evaluate.certainty`."""
        found = {}
        for name, scores in self.scores.items():
            trained = [tracker for tracker in scores if tracker != "static"]
            if trained:
                found[name] = certainty(name, self.sets[name], scores, (trained[0], trained[-1]))
        return found

    def write_pictures(self, out: Path) -> None:
        write_overlay(out / "overlay.mp4", self.sets, self.tracked)

    def write_report(self, path: Path, results: Results) -> None:
        write_box_loss_report(path, self.family, results, self.sets, self.tracked, self.scores)

    def format_tables(self, results: Results) -> str:
        own = {name: not next(iter(scores.values())).expected for name, scores in self.scores.items()}
        tables = []
        for name, metrics in self.metrics.items():
            lines = [f"{set_title(name, own[name])}: {line}" for line in self.verdict.get(name, [])]
            tables.append("\n".join([format_table(name, metrics, own[name], self.certainty.get(name)), *lines]))
        trainings = [len(runs) for seeds in self.seeds.values() for runs in seeds.values()]
        return "\n\n".join([*tables, reading_note(max(trainings, default=1))])
