"""What a benchmark is: its sequences, results and rules, how it is scored and run, and how its numbers are told.

Everything that differs from one benchmark to the next is an attribute or a method here, so that scoring, running,
comparing and reporting ask the object and never its name. `registry.get_benchmark` makes the object from the name.
"""

from __future__ import annotations

import dataclasses
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

import numpy as np

from siou_tracking.benchmarks import official_names as official
from siou_tracking.benchmarks.findings import Findings
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.identity import Identity, identify
from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import BenchmarkSequence
from siou_tracking.errors import InputError, did_you_mean, unknown_name

if TYPE_CHECKING:
    from siou_tracking.benchmarks.running.settings import RunSettings
    from siou_tracking.trackers import Tracker

Tick: TypeAlias = Callable[[int], object]
"""Is told how many more frames have passed."""
NewTracker: TypeAlias = "Callable[[int], Tracker]"
"""Makes the tracker of one repetition, counted from 1."""


class Rules(Protocol):
    """What the rules of every evaluator say of themselves."""

    @property
    def name(self) -> str:
        """What users type."""

    @property
    def source(self) -> str:
        """The code whose numbers these rules reproduce."""


S = TypeVar("S", bound=BenchmarkSequence)
R = TypeVar("R")
P = TypeVar("P", bound=Rules)


class Benchmark(ABC, Generic[S, R, P]):
    """One benchmark. Objects have no state of their own: they are made once and sent to worker processes.

    S is the class of its sequences, R of one tracker's results on them, P of its rules.
    """

    name: ClassVar[str]
    """What users type."""
    title: ClassVar[str]
    """What papers write."""
    splits: ClassVar[tuple[str, ...]] = ()
    """Names of the parts of its data that `load_sequences` takes, as the folders are called; typed in any case."""
    layout_marks: ClassVar[tuple[str, ...]] = ()
    """Patterns of files that only a data folder in its layout has, relative to the folder."""
    test_split: ClassVar[str | None] = None
    """The split whose truth the organizers keep."""
    experiments: ClassVar[Mapping[str, int]] = {"baseline": 1}
    """How trackers can be run -> repetitions unless others are asked for."""
    repeatable: ClassVar[bool] = False
    """Other numbers of repetitions may be asked for."""

    # how its numbers are told
    in_percent: ClassVar[bool] = True
    """Fractions are printed in percent; else as they are, with one digit more."""
    attribute_unit: ClassVar[str] = "sequences"
    """What has an attribute: sequences or frames."""
    attribute_metrics: ClassVar[tuple[str, ...]] = ()
    """Metrics drawn by attribute; empty for the first metric."""
    ranking_metric: ClassVar[str] = ""
    """The metric per sequence that tells the worst; empty for the first metric."""
    own_data: ClassVar[str] = "own data"
    """What a set of other sequences is called."""
    published_note: ClassVar[str] = ""
    """Why published numbers cannot be compared with ours even on all sequences."""

    @property
    @abstractmethod
    def protocols(self) -> Mapping[str, P]:
        """Name -> rules of the evaluators people compare with, the official ones first."""

    @property
    def official_names(self) -> tuple[str, ...]:
        """The sequences that numbers are reported on."""
        return official.official_names(self.name)

    @property
    def official_lengths(self) -> Mapping[str, int]:
        """Frames of the official sequences; empty where they are not known."""
        return official.official_lengths(self.name)

    @property
    def test_names(self) -> tuple[str, ...]:
        """The sequences of `test_split`."""
        return self.official_names

    def get_protocol(self, name: str | None = None) -> P:
        """The rules of one evaluator; None or "toolkit" for the official ones.

        Raises:
            InputError: an unknown name; the allowed and the nearest one are listed.
        """
        wanted = "official" if name in (None, "", "toolkit") else str(name)
        if wanted not in self.protocols:
            raise unknown_name(f"{self.name} protocol", wanted, self.protocols)
        return self.protocols[wanted]

    def find_split(self, name: str) -> str:
        """The split of that name, typed in any case.

        Raises:
            InputError: there is none.
        """
        found = {split.casefold(): split for split in self.splits}.get(name.casefold())
        if found is None:
            hint = did_you_mean(name, self.splits)
            raise InputError(f"{self.name}: split '{name}': allowed are {self.describe_splits()}{hint}")
        return found

    def describe_splits(self) -> str:
        """The splits in words, for errors."""
        return ", ".join(self.splits) or "none"

    # data and scores

    def load_sequences(self, source: str | os.PathLike[str], split: str | None = None) -> list[S]:
        """Sequences of a data folder, or annotations alone.

        Raises:
            InputError: nothing there, a malformed file, or an unknown split.
        """
        return self.read_sequences(Path(source), None if split is None else self.find_split(split))

    @abstractmethod
    def read_sequences(self, path: Path, split: str | None) -> list[S]:
        """As `load_sequences`; `split` is one of `splits`, or None for what is usual."""

    def identify(self, sequences: Sequence[S]) -> Identity[S]:
        """What a loaded set is: which of it are run and scored, and whether as this benchmark or as own data."""
        return identify(self.title, self.official_names, self.official_lengths, sequences)

    @abstractmethod
    def load_results(
        self, path: str | os.PathLike[str], sequences: Sequence[S], experiment: str = "baseline"
    ) -> Found[R]:
        """Tracker -> its results, of every tracker under a path (a folder, or an archive).

        Raises:
            InputError: no result of any of the sequences.
        """

    @abstractmethod
    def score(self, results: R, sequences: Sequence[S], rules: P, tracker: str) -> Score:
        """Score one tracker; `tracker` is the name that the score carries.

        Raises:
            InputError: anything missing or malformed, with file and line.
        """

    def score_trackers(
        self, path: str | os.PathLike[str], sequences: Sequence[S], rules: P, experiment: str = "baseline"
    ) -> Found[Score]:
        """Score every tracker under a path on what `identify` takes of a set; one that fails ends no other.

        Raises:
            InputError: `load_results` does.
        """
        from tqdm import tqdm

        identity = self.identify(sequences)
        trackers = self.load_results(path, identity.sequences, experiment)
        found: Found[Score] = Found({}, trackers.failed, trackers.passed_over)
        for name, results in tqdm(
            trackers.items(), desc=f"scoring {self.name}", disable=None if len(trackers) > 1 else True
        ):
            try:
                one = self.score(results, identity.sequences, rules, name)
            except InputError as error:
                found.failed[name] = str(error)
                continue
            found[name] = dataclasses.replace(one, expected=identity.expected, notes=[*identity.notes, *one.notes])
        return found

    @abstractmethod
    def truth_as_results(self, sequences: Sequence[S]) -> R:
        """The results of a perfect tracker."""

    @abstractmethod
    def outlines(self, results: R, sequence: S) -> np.ndarray:
        """Where the target was said to be on a sequence that the results have, in the first of repeated runs.

        Returns:
            (frames, 4, 2) float64 corners x, y in pixels of the images, counted from 0; NaN where there is no region.

        Raises:
            InputError: the file is malformed.
        """

    def weigh(self, sequence: S) -> float:
        """What a sequence weighs in the mean: 1, or its counted frames where frames are pooled."""
        return 1.0

    def find_left_out(self, score: Score, rules: P) -> list[str]:
        """Scored sequences that the rules leave out of the mean success."""
        return []

    def check_sequence(self, sequence: S, size: tuple[int, int] | None) -> Findings:
        """What is wrong or unusual with the annotation of a sequence; `size` is its images', where they are there."""
        return Findings()

    # runs

    @abstractmethod
    def run_sequence(self, sequence: S, settings: RunSettings, new_tracker: NewTracker, tick: Tick) -> None:
        """Run a tracker on one sequence, as far as results are not there, and write them.

        Raises:
            InputError: an image that cannot be read, a first box that cannot be used, an answer that is not a box.
        """

    @abstractmethod
    def result_files(self, sequence: str, settings: RunSettings) -> list[Path]:
        """The files that a finished sequence has, one a repetition."""

    @abstractmethod
    def count_rows(self, file: Path) -> int:
        """Frames that a result file has rows for."""

    def needs_no_more(self, files: Sequence[Path]) -> bool:
        """Whether the repetitions that are there stand for those that are not."""
        return False

    def ticked_repetitions(self, repetitions: int) -> int:
        """Repetitions whose frames `run_sequence` ticks."""
        return repetitions

    # words

    @abstractmethod
    def name_metric(self, metric: str, rules: P) -> str:
        """The heading of a metric's column."""

    @abstractmethod
    def describe_rules(self, rules: P) -> list[tuple[str, str]]:
        """What the rules count -> how, in words."""

    @abstractmethod
    def explain_ceiling(self, rules: P, ceiling: Mapping[str, float]) -> str:
        """Why a perfect tracker scores `ceiling` (metric -> value), in a sentence or two."""

    def eao_interval(self, rules: P) -> tuple[int, int] | None:
        """First and last run length that an expected average overlap is the mean of; None without that metric."""
        return None


# Any: the name decides the three classes, and callers hand what a benchmark made back to the same one unread.
AnyBenchmark: TypeAlias = Benchmark[Any, Any, Any]
