"""What is wrong with a folder of data in a benchmark's layout, sequence by sequence."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.checking.images import check_images, images_there
from siou_tracking.benchmarks.findings import Findings
from siou_tracking.benchmarks.one_pass.names import folded
from siou_tracking.benchmarks.registry import available_benchmarks, get_benchmark
from siou_tracking.benchmarks.sequence import UnreadableSequences, frames_of
from siou_tracking.errors import InputError
from siou_tracking.media.file_names import VIDEO_SUFFIXES
from siou_tracking.untrusted.names import printable
from siou_tracking.wording import listed


@dataclasses.dataclass
class DataCheck:
    """What was found in one folder."""

    title: str
    """Whose data it is."""
    folder: Path
    sequences: dict[str, Findings]
    frames: int
    """Of the sequences that could be read."""
    notes: list[str]
    """On the whole of it."""

    @property
    def faulty(self) -> list[str]:
        """Sequences that cannot be scored or run."""
        return [name for name, found in self.sequences.items() if found.faults]

    def lines(self) -> list[str]:
        """What was found, a line each, and a closing line."""
        faults = [f"FAULT {name}: {fault}" for name, found in self.sequences.items() for fault in found.faults]
        lines = list(map(printable, faults))
        named: dict[str, list[str]] = {}
        for name, found in self.sequences.items():
            for note in found.notes:
                named.setdefault(note, []).append(name)
        lines += [printable(f"note: {listed(names)}: {note}") for note, names in named.items()]
        lines += [printable(f"note: {note}") for note in self.notes]
        noted = sum(bool(found.notes) for found in self.sequences.values())
        counts = f"{len(self.sequences)} sequences, {self.frames:,} frames"
        return [
            *lines,
            f"{self.folder}: {self.title}: {counts}: {len(self.faulty)} with faults, {noted} with notes",
        ]


def find_layouts(folder: str | os.PathLike[str]) -> dict[str, Path]:
    """The benchmarks in whose layout a folder is, or folders in it that are named after one.

    Returns:
        name -> the folder to read; one entry where the folder itself is a data set.

    Raises:
        InputError: nothing there, none of the layouts, or more than one.
    """
    root = Path(folder)
    if not root.exists():
        raise InputError(f"data check: {root}: no such folder")
    if not root.is_dir():
        raise InputError(f"data check: {root}: got a file, expected a folder of data")
    files = [path.name for path in root.iterdir()]
    if not files:
        raise InputError(f"data check: {root}: got an empty folder, expected a folder of data")
    found: dict[tuple[str, ...], list[str]] = {}
    for name in available_benchmarks():
        marks = get_benchmark(name).layout_marks
        if any(next(root.glob(mark), None) is not None for mark in marks):
            found.setdefault(marks, []).append(name)
    if len(found) == 1:
        (names,) = found.values()
        return {_most_alike(names, root): root}
    inside = {name: root / name for name in available_benchmarks() if (root / name).is_dir()}
    if inside and not found:
        return inside
    allowed = ", ".join(available_benchmarks())
    what = f"the layout of {' and of '.join(one[0] for one in found.values())}" if found else "no benchmark's layout"
    hint = ""
    if any(root.glob("groundtruth*.txt")):
        hint = "; is it one sequence? then give the folder around it"
    elif any(name.lower().endswith((*VIDEO_SUFFIXES, ".csv")) for name in files):
        hint = "; videos with boxes become one by siou-tracking data convert"
    raise InputError(f"data check: {root}: {what}; name one by --benchmark ({allowed}){hint}")


def _most_alike(names: list[str], root: Path) -> str:
    """Of benchmarks in one layout the first that has most names of folders in common with one."""
    there = {folded(path.name) for depth in ("*", "*/*") for path in root.glob(depth) if path.is_dir()}
    return max(names, key=lambda name: len(there & set(map(folded, get_benchmark(name).official_names))))


def check_data(benchmark: str, folder: str | os.PathLike[str], split: str | None = None) -> DataCheck:
    """Look at every sequence: its annotation, its images, and what the benchmark's rules make of it.

    Args:
        benchmark: in whose layout the folder is.
        folder: as for scoring.
        split: as for scoring.

    Raises:
        InputError: nothing there that could be read.
    """
    from tqdm import tqdm

    found = get_benchmark(benchmark)
    faults: dict[str, str] = {}
    try:
        sequences = load_sequences(benchmark, folder, split)
    except UnreadableSequences as error:
        sequences, faults = error.read, error.faults
    checks = {name: Findings([fault]) for name, fault in faults.items()}
    annotations_only = not any(map(images_there, sequences))
    for sequence in tqdm(sequences, desc=f"checking {benchmark}", unit="seq", disable=None):
        images, size = Findings(), None
        if not annotations_only:
            images, size = check_images(sequence, sequence.name in found.official_lengths)
        boxes = found.check_sequence(sequence, size)
        checks[sequence.name] = Findings(images.faults + boxes.faults, images.notes + boxes.notes)
    identity = found.identify(sequences)
    title = found.title if identity.expected else f"{found.own_data} in {found.title}'s layout"
    notes = list(identity.notes)
    if annotations_only and sequences:
        place = sequences[0].image_pattern
        notes.append(f"no images{f', such as {place}' if place else ''}: to be scored, not to be run")
    return DataCheck(title, Path(folder), checks, sum(map(frames_of, sequences)), notes)
