"""OTB2015: 98 folders, 100 targets (Wu, Lim and Yang, "Object Tracking Benchmark", TPAMI 2015).

Layout: `<Seq>/img/0001.jpg` and `<Seq>/groundtruth_rect.txt`, or `.1.txt` and `.2.txt` where two targets are annotated.
Boxes are integers x, y, w, h; x and y are the 1-based pixel of the top-left corner. Results use the same convention: a
tracker that counts pixels from 0 adds one when it writes them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from siou_tracking.benchmarks.files.annotations import (
    checked_boxes,
    json_boxes,
    json_words,
    read_boxes,
    read_bytes,
    read_json,
)
from siou_tracking.benchmarks.official_names import official_rows
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.one_pass.names import NameIndex, folded
from siou_tracking.benchmarks.sequence import AnnotatedSequence, image_count, read_each
from siou_tracking.errors import InputError
from siou_tracking.untrusted.json_text import read_json_input
from siou_tracking.untrusted.reading import NOTE_LIMIT, is_there, read_input

_TRUTH = re.compile(r"groundtruth_rect(?:\.(\d+))?\.txt")
_NUMBERED = re.compile(r"(.+)[-_.](\d+)")
_ATTRIBUTES = {
    "BC": "Background Clutters",
    "DEF": "Deformation",
    "FM": "Fast Motion",
    "IPR": "In-Plane Rotation",
    "IV": "Illumination Variation",
    "LR": "Low Resolution",
    "MB": "Motion Blur",
    "OCC": "Occlusion",
    "OPR": "Out-of-Plane Rotation",
    "OV": "Out-of-View",
    "SV": "Scale Variation",
}
"""What attrs.txt has -> the name."""
_RAW_FRAMES = {"Football1": 81}  # images after the official last one, which some annotate too


@functools.cache
def frame_ranges() -> dict[str, tuple[int, int]]:
    """Official name -> (number of the first image, frames): David begins at image 300, Football1 ends at 74 ..."""
    return {name: (first, frames) for name, (first, frames) in official_rows("otb2015").items()}


class OTB2015(OnePassBenchmark):
    """The 100 targets."""

    name = "otb2015"
    title = "OTB2015"
    first_pixel = 1
    layout_marks = ("*/groundtruth_rect*.txt",)
    # got10k names the only non-empty annotation of Human4 after its folder; pysot and pytracking number it
    aliases: ClassVar[Mapping[str, str]] = {"Human4": "Human4-2"}

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """Sequences of a data folder, or annotations in pysot's JSON form.

        A folder may hold only some of the sequences, and sequences of other names (own data in the same layout).

        Args:
            path: the root folder, or a .json file. A file `tiger1_full*.json` beside it may hold Tiger1's 354 rows,
                which the got10k protocol scores.
            split: None, there are none.

        Raises:
            InputError: nothing there, a malformed file, or an official sequence with fewer boxes than it has frames and
                images. (As few images as boxes are a shortened copy, which is own data.)
        """
        if path.is_dir():
            sequences = _from_folder(path)
        elif path.suffix == ".json":
            sequences = _from_json(path)
        else:
            raise InputError(f"{self.name}: {path}: expected a data folder or a .json of annotations")
        if not sequences:
            raise InputError(f"{self.name}: {path}: no <sequence>/groundtruth_rect.txt below it")
        return sorted(sequences, key=lambda sequence: sequence.name.lower())


def _from_folder(root: Path) -> list[AnnotatedSequence]:
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir())
    index = NameIndex(frame_ranges(), OTB2015.aliases)
    readers = []
    for folder, name, file in _annotations(folders, index):
        attributes = _attributes(folder / "attrs.txt")
        images = folder / "img" if (folder / "img").is_dir() else folder
        readers.append((name, functools.partial(_from_file, index.find(name) or name, file, images, attributes)))
    return read_each(readers)


def _from_file(name: str, file: Path, images: Path, attributes: tuple[str, ...]) -> AnnotatedSequence:
    return _sequence(name, read_boxes(file), str(file), images, attributes)


def _annotations(folders: list[Path], index: NameIndex) -> Iterator[tuple[Path, str, Path]]:
    """Folder, name and file of every annotated target.

    `Jogging` holds the files of two, Jogging-1 and Jogging-2. In pysot's layout folders of these two names hold both
    files again: each of them stands for its own target only.
    """
    files = {
        folder: {match[1] or "": file for file in sorted(folder.iterdir()) if (match := _TRUTH.fullmatch(file.name))}
        for folder in folders
    }
    twins = {folded(folder.name): files[folder] for folder in folders}
    for folder in folders:
        names = {number: f"{folder.name}-{number}" if number else folder.name for number in files[folder]}
        if own := own_target(folder.name, files[folder], twins, index):
            names = {number: "-".join(own) for number in names if number in ("", own[1])}
        if any(_are_equal(files[folder][""], files[folder][number]) for number in names if number and "" in names):
            del names[""]  # the first target's file under a second name
        empty = {number for number in names if files[folder][number].stat().st_size <= 2}
        for number, name in names.items():
            # Human4's first target, which is no official one, has an empty file
            if number not in empty or index.find(name) or empty == names.keys() == files[folder].keys():
                yield folder, name, files[folder][number]


def own_target(
    folder: str, files: Mapping[str, Path], twins: Mapping[str, Mapping[str, Path]], index: NameIndex | None = None
) -> tuple[str, str] | None:
    """Video and number of the one target that a folder `video-number` stands for; None where it is of no such name.

    Args:
        folder: its name.
        files: number ("" without one) -> its annotation files; those of the others are those of other folders.
        twins: folded name -> such files of the folders beside it.
        index: names that tell it without the files.
    """
    parts = _NUMBERED.fullmatch(folder)
    if parts is None or parts[2] not in files:
        return None
    video, own = parts[1], parts[2]
    if index is not None and any(index.find(f"{video}-{number}") for number in files if number):
        return video, own
    is_one_of_several = all(
        any(_are_equal(file, twins.get(folded(name), {}).get(number)) for name in (video, f"{video}-{number}"))
        for number, file in files.items()
        if number not in ("", own)
    )
    return (video, own) if is_one_of_several else None


def _are_equal(file: Path, other: Path | None) -> bool:
    return other is not None and read_bytes(file) == read_bytes(other)


def _from_json(path: Path) -> list[AnnotatedSequence]:
    index = NameIndex(frame_ranges(), OTB2015.aliases)
    sequences = []
    for name, entry in read_json(path).items():
        boxes = json_boxes(entry, name, path)
        sequences.append(_sequence(index.find(name) or name, boxes, f"{path}: {name}", None, json_words(entry, "attr")))
    full = sorted(path.parent.glob("tiger1_full*.json"))
    for sequence in sequences:
        if sequence.name == "Tiger1" and full and sequence.lead_in is None:
            sequence.lead_in = _lead_in(full[0], sequence)
    return sequences


def _lead_in(path: Path, sequence: AnnotatedSequence) -> np.ndarray:
    """The rows of a full annotation that lie before the official start; the others must agree."""
    boxes = checked_boxes(read_json_input(path), str(path))
    early = len(boxes) - len(sequence.ground_truth)
    if early < 0 or not np.array_equal(boxes[early:], sequence.ground_truth):
        raise InputError(f"{path}: its last {len(sequence.ground_truth)} boxes are not those of {sequence.name}")
    return boxes[:early]


def _sequence(
    name: str, boxes: np.ndarray, where: str, images: Path | None, attributes: tuple[str, ...]
) -> AnnotatedSequence:
    """Cut the annotation to the official frames, so that every evaluator's frame 1 is the same image.

    An annotation of another length is another video of that name, and nothing of it is cut.
    """
    if name not in frame_ranges():
        return AnnotatedSequence(name, boxes, images, attributes=attributes)
    first, frames = frame_ranges()[name]
    early = first - 1 if len(boxes) == first - 1 + frames else 0
    if not early and len(boxes) not in (frames, _RAW_FRAMES.get(name)):
        if len(boxes) < frames <= (image_count(images) if images is not None else 0):
            raise InputError(f"{where}: {len(boxes)} boxes, {frames} expected for {name}")
        return AnnotatedSequence(name, boxes, images, attributes=attributes)
    return AnnotatedSequence(
        name,
        boxes[early : early + frames],
        images,
        first,
        attributes=attributes,
        lead_in=boxes[:early] if early else None,
    )


def _attributes(path: Path) -> tuple[str, ...]:
    """Those of a sequence by their names, as pysot's file has them too."""
    if not is_there(path):
        return ()
    codes = re.split(r"[,\s]+", read_input(path, limit=NOTE_LIMIT).decode(errors="replace").strip())
    return tuple(_ATTRIBUTES.get(code, code) for code in codes)
