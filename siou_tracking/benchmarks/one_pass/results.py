"""Which file holds which tracker's result on which sequence, in every layout people have.

Flat (`<tracker>/<seq>.txt`: OTB, LaSOT, TrackingNet, pytracking) and by repetition
(`<tracker>/<seq>/<seq>_001.txt`: GOT-10k) are recognized by the sequence names, so any number of folders or an archive
may stand around them. Names are equal when they differ only in case and in -, _ or . (`Jogging_1` is `jogging.1`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

import numpy as np

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.benchmarks.files.strays import find_strays
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError

_REPETITION = re.compile(r"(.+)_(\d{3})")


class NameIndex:
    """Sequence names found by what people call them.

    Args:
        names: the canonical names.
        aliases: other name -> canonical name; an alias of a name that is not in `names` is ignored.
    """

    def __init__(self, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> None:
        self._exact = {name: name for name in names}
        self._folded: dict[str, str | None] = {}
        for name in self._exact:
            key = folded(name)
            self._folded[key] = None if key in self._folded else name  # two names alike: only exact ones are found
        for alias, name in (aliases or {}).items():
            if name in self._exact:
                self._folded.setdefault(folded(alias), name)

    def find(self, name: str) -> str | None:
        """The canonical name, or None."""
        return self._exact.get(name) or self._folded.get(folded(name))


def folded(name: str) -> str:
    """The form in which two spellings of a sequence name are equal."""
    return name.casefold().replace("_", "-").replace(".", "-")


class TrackerResults:
    """Result files of one tracker: sequence name -> its repetitions, read when asked for."""

    def __init__(self, name: str, source: FileTree, files: dict[str, dict[int, str]]) -> None:
        self.name = name
        self.source = source
        self._files = files

    def __contains__(self, sequence: str) -> bool:
        return sequence in self._files

    @property
    def sequences(self) -> frozenset[str]:
        """Those with a result."""
        return frozenset(self._files)

    def repetitions(self, sequence: str) -> list[str]:
        """Paths inside the source of the runs on one sequence, in order."""
        runs = self._files.get(sequence, {})
        return [runs[number] for number in sorted(runs)]

    def boxes(self, sequence: str, repetition: int = 0) -> np.ndarray:
        """(n, 4) float64 xywh of one run.

        Raises:
            InputError: the file is malformed or empty; file and line are named.
        """
        path = self.repetitions(sequence)[repetition]
        table = parse_table(self.source.read(path), 4, self.source.where(path))
        if not len(table):
            raise InputError(f"{self.source.where(path)}: empty, one box a frame is expected")
        return table

    def times(self, sequence: str) -> np.ndarray | None:
        """(n, columns) seconds a frame, from `<seq>_time.txt` beside the result or in `times/`; None without one.

        Raises:
            InputError: the file is malformed.
        """
        first = self.repetitions(sequence)[0]
        folder, _, name = first.rpartition("/")
        stem = name[:-4]
        for candidate in (stem, stem[:-4]):  # with and without the number of the repetition
            for place in ("", "times/"):
                path = f"{folder}/{place}{candidate}_time.txt".removeprefix("/")
                if path in self.source:
                    return parse_table(self.source.read(path), 0, self.source.where(path))
        return None

    def where(self, sequence: str, repetition: int = 0) -> str:
        return self.source.where(self.repetitions(sequence)[repetition])


class TruthAsResults(TrackerResults):
    """The ground truth in the place of a tracker's files."""

    def __init__(self, sequences: Iterable[AnnotatedSequence]) -> None:
        self.name = "ground truth"
        self._boxes = {sequence.name: sequence.ground_truth for sequence in sequences}

    @property
    def sequences(self) -> frozenset[str]:
        return frozenset(self._boxes)

    def __contains__(self, sequence: str) -> bool:
        return sequence in self._boxes

    def repetitions(self, sequence: str) -> list[str]:
        return [sequence]

    def boxes(self, sequence: str, repetition: int = 0) -> np.ndarray:
        return self._boxes[sequence].copy()

    def where(self, sequence: str, repetition: int = 0) -> str:
        return f"ground truth of {sequence}"


def open_results(
    path: str | os.PathLike[str], names: Iterable[str], aliases: Mapping[str, str] | None = None
) -> Found[TrackerResults]:
    """Find the trackers under a path.

    Args:
        path: a tracker's folder, a folder of trackers, or an archive of either.
        names: canonical names of the sequences that are scored; other files are ignored.
        aliases: further spellings (see `NameIndex`).

    Returns:
        tracker name -> its files; a tracker with two files of one sequence and repetition has failed. One tracker at
        the top is named after the folder or archive, others after their folder, such as "atom/default_000".

    Raises:
        InputError: no file of any sequence.
    """
    source = FileTree(path)
    names = list(names)
    index = NameIndex(names, aliases)
    trackers: dict[str, dict[str, dict[int, str]]] = {}
    failed: dict[str, str] = {}
    for file in source.paths:
        placed = _place(file, index)
        if placed is None:
            continue
        folder, sequence, repetition = placed
        runs = trackers.setdefault(folder, {}).setdefault(sequence, {})
        if repetition in runs:
            reason = f"{source.where(file)}: a second result of {sequence}, the first is {runs[repetition]}"
            failed.setdefault(folder or source.name, reason)
        runs.setdefault(repetition, file)
    if not trackers:
        seen = f"found {len(source.paths)} text files such as {source.paths[0]}" if source.paths else "no text files"
        raise InputError(f"{source.path}: no result of any sequence: {seen}; expected names such as {names[0]}.txt")
    return Found(
        {
            folder or source.name: TrackerResults(folder or source.name, source, files)
            for folder, files in sorted(trackers.items())
            if (folder or source.name) not in failed
        },
        failed,
    )


def set_strays_aside(found: Found[TrackerResults], wanted: int, official: Iterable[str]) -> Found[TrackerResults]:
    """What was found without folders that are no tracker, which `passed_over` names.

    Args:
        found: by `open_results`.
        wanted: sequences that are scored.
        official: names of the benchmark's sequences, scored or not: their files do not speak against a folder.
    """
    for source in {tracker.source for tracker in found.values()}:
        folders = {"" if name == source.name else name: tracker.sequences for name, tracker in found.items()}
        placed = {file for tracker in found.values() for one in tracker.sequences for file in tracker.repetitions(one)}
        index = NameIndex(official)
        foreign = [file for file in source.paths if file not in placed and _is_foreign(file, index)]
        strays, notes = find_strays(folders, foreign, wanted)
        kept = {name: one for name, one in found.items() if name not in strays}
        return Found(kept, found.failed, [f"{source.path}: {note}" for note in notes])
    return found


def _is_foreign(file: str, index: NameIndex) -> bool:
    """Whether a file could be a result on other data: text that holds no times and is of no official sequence."""
    *folders, name = file.split("/")
    is_time = name.lower().endswith("_time.txt") or (folders and folders[-1] == "times")
    return name.lower().endswith(".txt") and not is_time and _place(file, index) is None


def _place(file: str, index: NameIndex) -> tuple[str, str, int] | None:
    """(tracker folder, sequence, repetition) of a result file; None for files that are something else."""
    if not file.lower().endswith(".txt"):
        return None
    *folders, name = file.split("/")
    stem = name[:-4]
    sequence = index.find(stem)
    if sequence is not None:
        return "/".join(folders), sequence, 1
    match = _REPETITION.fullmatch(stem)
    sequence = index.find(match[1]) if match else None
    if match is None or sequence is None:
        return None
    if folders and index.find(folders[-1]) == sequence:
        folders = folders[:-1]
    return "/".join(folders), sequence, int(match[2])
