"""Which file holds which tracker's result on which sequence, in every layout people have.

Flat (`<tracker>/<seq>.txt`: OTB, LaSOT, TrackingNet, pytracking) and by repetition
(`<tracker>/<seq>/<seq>_001.txt`: GOT-10k) are recognized by the sequence names, so any number of folders or an archive
may stand around them, a folder of the data set's name within the tracker's too (`<tracker>/lasot/<seq>.txt`). Names are
equal when they differ only in case and in -, _ or . (`Jogging_1` is `jogging.1`), and the data set's name may stand
before them (`otb_Couple`). The OTB toolkits' files (`Couple_KCF.mat`, `Couple.json`) are read too: what follows the
sequence there is the tracker.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.benchmarks.files.otb_toolkit import SUFFIXES, parse_toolkit_result
from siou_tracking.benchmarks.files.strays import find_strays
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.one_pass.names import NameIndex, is_any_data_set, is_data_set, near_names
from siou_tracking.benchmarks.one_pass.places import is_side_file, name_top, name_trackers, place_file
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError


class TrackerResults:
    """Result files of one tracker: sequence name -> its repetitions, read when asked for.

    Attributes:
        folder: where in the source they lie, "/" between its parts and "" for the top.
    """

    def __init__(
        self, name: str, source: FileTree, folder: str, files: dict[str, dict[int, str]], others: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.source = source
        self.folder = folder
        self._files = files
        self._others = others

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
        if path.lower().endswith(SUFFIXES):
            return parse_toolkit_result(self.source.read(path), self.source.where(path), sequence)
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
        stem = name.rpartition(".")[0]
        for candidate in (stem, stem[:-4]):  # with and without the number of the repetition
            for place in ("", "times/"):
                path = f"{folder}/{place}{candidate}_time.txt".removeprefix("/")
                if path in self.source:
                    return parse_table(self.source.read(path), 0, self.source.where(path))
        return None

    def where(self, sequence: str, repetition: int = 0) -> str:
        return self.source.where(self.repetitions(sequence)[repetition])

    def describe_blank_line(self, sequence: str, repetition: int = 0) -> str:
        """To end a sentence about numbers of rows: a blank line before the end of a text file; "" without one."""
        path = self.repetitions(sequence)[repetition]
        if path.lower().endswith(SUFFIXES):
            return ""
        lines = self.source.read(path).rstrip().splitlines()
        blank = next((number for number, line in enumerate(lines, 1) if not line.strip()), None)
        return "" if blank is None else f", line {blank} is blank and no row"

    def near_names(self, missing: Iterable[str]) -> str:
        """A hint on files beside the results that nearly have the name of a missing sequence; empty without one."""
        return near_names(self._others, missing)


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

    def describe_blank_line(self, sequence: str, repetition: int = 0) -> str:
        return ""


def open_results(
    path: str | os.PathLike[str], names: Iterable[str], aliases: Mapping[str, str] | None = None, benchmark: str = ""
) -> Found[TrackerResults]:
    """Find the trackers under a path.

    Args:
        path: a tracker's folder, a folder of trackers, or an archive of either.
        names: canonical names of the sequences that are scored; other files are ignored.
        aliases, benchmark: further spellings (see `NameIndex`).

    Returns:
        tracker name -> its files; a tracker with two files of one sequence and repetition has failed. See
        `name_trackers` for the names; of the OTB toolkits it is what their files' names end in, such as "KCF".

    Raises:
        InputError: no file of any sequence.
    """
    source = FileTree(path)
    names = list(names)
    index = NameIndex(names, aliases, benchmark)
    trackers: dict[str, dict[str, dict[int, str]]] = {}
    failed: dict[str, str] = {}
    others: list[str] = []
    for file in source.paths:
        placed = place_file(file, index)
        if placed is None:
            others.append(file)
            continue
        folder, sequence, repetition = placed
        runs = trackers.setdefault(folder, {}).setdefault(sequence, {})
        if repetition in runs:
            failed.setdefault(
                folder, f"{source.where(file)}: a second result of {sequence}, the first is {runs[repetition]}"
            )
        runs.setdefault(repetition, file)
    if not trackers:
        seen = f"found {len(source.paths)} text files such as {source.paths[0]}" if source.paths else "no text files"
        raise InputError(
            f"{source.path}: no result of any sequence: {seen}; expected names such as {names[0]}.txt"
            + near_names(others, names)
        )
    called = name_trackers(trackers, name_top(source.path, source.name, benchmark), benchmark)
    return Found(
        {
            called[folder]: TrackerResults(
                called[folder],
                source,
                folder,
                files,
                [file for file in others if not folder or file.startswith(f"{folder}/")],
            )
            for folder, files in sorted(trackers.items())
            if folder not in failed
        },
        {called[folder]: reason for folder, reason in failed.items()},
    )


def set_strays_aside(
    found: Found[TrackerResults], wanted: int, official: Iterable[str], benchmark: str = ""
) -> Found[TrackerResults]:
    """What was found without folders that are no tracker, which `passed_over` names.

    Args:
        found: by `open_results`.
        wanted: sequences that are scored.
        official, benchmark: names of the benchmark's sequences, scored or not, and its own: their files do not speak
            against a folder.
    """
    for source in {tracker.source for tracker in found.values()}:
        folders = {tracker.folder: tracker.sequences for tracker in found.values()}
        placed = {file for tracker in found.values() for one in tracker.sequences for file in tracker.repetitions(one)}
        index = NameIndex(official, benchmark=benchmark)
        foreign = [file for file in source.paths if file not in placed and _is_foreign(file, index)]
        other = _folders_of_other_data({file.rpartition("/")[0] for file in foreign}, folders, benchmark)
        foreign = [file for file in foreign if file.rpartition("/")[0] not in other]
        strays, notes = find_strays(folders, foreign, wanted)
        kept = {name: one for name, one in found.items() if one.folder not in strays}
        return Found(kept, found.failed, [f"{source.path}: {note}" for note in notes])
    return found


def _folders_of_other_data(folders: Iterable[str], trackers: Collection[str], benchmark: str) -> set[str]:
    """Which folders are named as another benchmark's data and lie beside a tracker's folder of ours, as in
    `hit/base/lasot` and `hit/base/otb`: what is in them is as it should be."""
    places = [folder.rpartition("/") for folder in trackers]
    ours = {above for above, _, name in places if is_data_set(name, benchmark)}
    beside = (folder for folder in folders if folder not in trackers and folder.rpartition("/")[0] in ours)
    return {folder for folder in beside if is_any_data_set(folder.rpartition("/")[2])}


def _is_foreign(file: str, index: NameIndex) -> bool:
    """Whether a file could be a result on other data: text that is not beside a result and of no official sequence."""
    return file.lower().endswith(".txt") and not is_side_file(file) and place_file(file, index) is None
