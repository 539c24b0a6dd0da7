"""Images and boxes behind stored scores: what a page needs to show the frames of a sequence."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any  # a benchmark's own classes of sequences and results, which its name decides

import numpy as np

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.base import AnyBenchmark
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.registry import check_experiment, find_benchmark, get_benchmark
from siou_tracking.benchmarks.sequence import UnreadableSequences
from siou_tracking.errors import InputError
from siou_tracking.report.table import Result
from siou_tracking.wording import listed


@dataclasses.dataclass
class Footage:
    """One benchmark's sequences with images, and trackers' results on them, which are read when asked for."""

    benchmark: AnyBenchmark
    sequences: Mapping[str, Any]
    results: Mapping[str, Any]
    """Tracker, as its scores call it -> its results."""
    notes: list[str]
    """What could not be read or does not fit, a line each."""
    _taken: int = 0

    def without_frames(self, name: str) -> str | None:
        """Why there are no images of a sequence, "" where it is not among the data; None where there are."""
        if name not in self.sequences:
            return ""
        try:
            return None if self.sequences[name].frames else ""
        except InputError as error:
            return str(error)

    def truth(self, name: str) -> np.ndarray:
        """(frames, 4, 2) corners of the truth of a sequence, as `Benchmark.outlines`."""
        sequence = self.sequences[name]
        return self.benchmark.outlines(self.benchmark.truth_as_results([sequence]), sequence)

    def outlines(self, result: Result, tracker: str, name: str) -> np.ndarray | None:
        """(frames, 4, 2) corners of a tracker, of repeated runs of the first; None without a readable result."""
        for one in _runs(result, tracker):
            if one in self.results and name in self.results[one]:
                try:
                    return self.benchmark.outlines(self.results[one], self.sequences[name])
                except InputError as error:
                    self.note(str(error))
        return None

    def has_results(self, result: Result, tracker: str) -> bool:
        """Whether there are results of a tracker, or of one of its runs."""
        return any(one in self.results for one in _runs(result, tracker))

    def note_missing(self, result: Result) -> None:
        """Note the trackers of a page that have no results here, where results are given at all."""
        unknown = [name for name in result["per_sequence"] if not self.has_results(result, name)]
        if self.results and unknown:
            self.note(f"no boxes of {listed(unknown)} among the results")

    def note(self, line: str) -> None:
        """Keep a line that is to be told, once."""
        if line not in self.notes:
            self.notes.append(line)

    def take_notes(self) -> list[str]:
        """The notes that were not taken yet."""
        taken, self._taken = self._taken, len(self.notes)
        return self.notes[taken:]


def open_footage(
    names: Iterable[str],
    data: Sequence[str],
    results: Sequence[Path] = (),
    split: str | None = None,
    experiment: str = "baseline",
) -> dict[str, Footage]:
    """Find the images and boxes of benchmarks.

    Args:
        names: of the benchmarks, as stored scores name them.
        data: DIR, the root of the only benchmark's data, or NAME=DIR of each of several.
        results: what was scored, as `score --results` takes it; empty for the truth alone.
        split: of got10k and trackingnet.
        experiment: of the VOT years.

    Returns:
        Benchmark -> its footage; one whose data are not given is left out.

    Raises:
        InputError: data that cannot be read or belong to no benchmark of the page, or a path of results that is not
            there or holds none of any benchmark's.
    """
    roots = assign_roots(list(dict.fromkeys(names)), data)
    for path in results:
        if not path.exists():
            raise InputError(f"--results: {path}: no such file or folder")
    found = {}
    refused: dict[Path, str] = {}
    read: set[Path] = set()
    for name, root in roots.items():
        benchmark, notes = get_benchmark(name), []
        check_experiment(benchmark, experiment)
        try:
            sequences = load_sequences(name, root, split)
        except UnreadableSequences as error:
            sequences, notes = error.read, [str(error)]
        sequences = benchmark.identify(sequences).sequences
        trackers: dict[str, Any] = {}
        for path in results:
            try:
                every = benchmark.load_results(path, sequences, experiment)
            except InputError as error:
                refused[path] = str(error)
                continue
            read.add(path)
            trackers |= _labelled(every, path, trackers)
        there = {one.name: one for one in sequences if one.has_images}
        if not there:
            notes.append(f"{root}: annotations without images, so no frames are shown")
        found[name] = Footage(benchmark, there, trackers, notes)
    for path in results:
        if path not in read:
            raise InputError(f"--results: {refused[path]}")
    return found


def _runs(result: Result, tracker: str) -> list[str]:
    """Under which names a tracker can have results: its own, and those of its repeated runs."""
    return [tracker, *result.get("runs", {}).get(tracker, {}).get("trackers", [])]


def _labelled(every: Found[Any], path: Path, taken: Mapping[str, Any]) -> dict[str, Any]:
    """Trackers by the names that `score` gives them where two paths have the same."""
    return {name if name not in taken else f"{path}:{name}": one for name, one in every.items()}


def assign_roots(names: Sequence[str], data: Sequence[str]) -> dict[str, Path]:
    """Benchmark -> folder of its data.

    Raises:
        InputError: DIR beside several benchmarks, or a NAME that is none of them or is given twice.
    """
    roots: dict[str, Path] = {}
    for text in data:
        typed, equals, folder = text.partition("=")
        named = equals and not Path(text).exists()
        name = _meant(typed, names) if named else None
        if name is None and (named or len(names) > 1 or len(data) > 1):
            raise InputError(f"--data: got '{text}', expected NAME=DIR with NAME of {listed(names)}")
        if name in roots:
            raise InputError(f"--data: {name}: given twice, allowed is once")
        roots[name or names[0]] = Path(folder if name else text)
    return roots


def _meant(typed: str, names: Sequence[str]) -> str | None:
    """The one of `names` that was typed in any spelling; None where it is none of them."""
    try:
        name = find_benchmark(typed)[0]
    except InputError:
        return None
    return name if name in names else None
