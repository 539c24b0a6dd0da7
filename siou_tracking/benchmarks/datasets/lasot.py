"""LaSOT, protocol II: 280 test sequences, 685,360 frames (Fan et al., CVPR 2019).

Layout: `<class>/<class>-<n>/{img/00000001.jpg, groundtruth.txt, full_occlusion.txt, out_of_view.txt}`, the two label
files being one line of 0 and 1 separated by commas. The evaluation toolkit's annotations instead are
`<seq>.txt`, `absent/<seq>.txt` (1: the target cannot be seen) and `att/<seq>.txt` (14 attribute flags).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.files.annotations import (
    json_boxes,
    json_words,
    parse_boxes,
    read_boxes,
    read_flags,
    read_json,
)
from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.files.numbers import parse_flags
from siou_tracking.benchmarks.official_names import official_names
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence, read_each
from siou_tracking.errors import InputError

ATTRIBUTES = (
    "Illumination Variation",
    "Partial Occlusion",
    "Deformation",
    "Motion Blur",
    "Camera Motion",
    "Rotation",
    "Background Clutter",
    "Viewpoint Change",
    "Scale Variation",
    "Full Occlusion",
    "Fast Motion",
    "Out-of-View",
    "Low Resolution",
    "Aspect Ratio Change",
)
"""In the order of the toolkit's att files."""


class LaSOT(OnePassBenchmark):
    """The 280 test sequences."""

    name = "lasot"
    title = "LaSOT"
    layout_marks = ("*/full_occlusion.txt", "*/*/full_occlusion.txt", "*/*/img/00000001.jpg")
    own_data = "training or own data"
    first_pixel = 1  # of the 280, 8,198 boxes start at x = 1 and 48 at 0

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """Test sequences of a data folder, or annotations: the toolkit's folder or an archive of it, or pysot's JSON.

        A data folder may hold the training sequences too; they are left out. Where it holds none of the official test
        sequences (own data in the same layout) all of them are taken.

        Raises:
            InputError: nothing there, a malformed file, or labels and boxes of different number.
        """
        if path.suffix == ".json":
            return _official_first(_from_json(path), self.official_names)
        if path.is_dir():
            folders = sorted(file.parent for depth in ("*", "*/*") for file in path.glob(f"{depth}/groundtruth.txt"))
            if folders:
                order = _places((folder.name for folder in folders), self.official_names)
                chosen = [folder for folder in folders if folder.name in order]
                chosen.sort(key=lambda folder: order[folder.name])
                return read_each((folder.name, functools.partial(_from_folder, folder)) for folder in chosen)
        sequences = _from_annotations(FileTree(path))
        if not sequences:
            raise InputError(
                f"{self.name}: {path}: expected <class>/<sequence>/groundtruth.txt, or <sequence>.txt with absent "
                "flags in absent/<sequence>.txt"
            )
        return _official_first(sequences, self.official_names)


def _places(names: Iterable[str], official: Iterable[str]) -> dict[str, int]:
    """Official names, then strangers -> their places; LaSOT's others only where no official one is beside them."""
    there = dict.fromkeys(names)
    wanted = {name: None for name in official if name in there}
    strangers = [name for name in there if name not in wanted and not _is_of_lasot(name)]
    return {name: place for place, name in enumerate([*wanted, *strangers] if wanted else there)}


def _is_of_lasot(name: str) -> bool:
    """Whether it is one of the 20 sequences of one of the 70 classes."""
    found = re.fullmatch(r"(.+)-(\d+)", name)
    return found is not None and found[1] in _classes() and 1 <= int(found[2]) <= 20


@functools.cache
def _classes() -> frozenset[str]:
    return frozenset(name.rpartition("-")[0] for name in official_names("lasot"))


def _official_first(sequences: Iterable[AnnotatedSequence], names: Iterable[str]) -> list[AnnotatedSequence]:
    by_name = {sequence.name: sequence for sequence in sequences}
    return [by_name[name] for name in _places(by_name, names)]


def _from_folder(folder: Path) -> AnnotatedSequence:
    boxes = read_boxes(folder / "groundtruth.txt")
    absent = np.zeros(len(boxes), bool)
    for label in ("full_occlusion.txt", "out_of_view.txt"):
        flags = read_flags(folder / label)
        absent |= _as_many(flags, boxes, folder / label) > 0
    return AnnotatedSequence(folder.name, boxes, folder / "img", first_frame=1, absent=absent)


def _from_annotations(source: FileTree) -> list[AnnotatedSequence]:
    """The evaluation toolkit's annotations; the groundtruth files may lie in a folder of that name or at the top."""
    tables: dict[str, dict[str, str]] = {"truth": {}, "absent": {}, "att": {}}
    for path in source.paths:
        *folders, file = path.split("/")
        kind = folders[-1] if folders and folders[-1] in ("absent", "att", "nlp") else "truth"
        if kind in tables and file.endswith(".txt"):
            tables[kind][file[:-4]] = path
    names = [name for name in tables["truth"] if name in tables["absent"]]
    sequences = []
    for name in names:
        truth, absent = tables["truth"][name], tables["absent"][name]
        boxes = parse_boxes(source.read(truth), source.where(truth))
        flags = parse_flags(source.read(absent), source.where(absent))
        attributes: tuple[str, ...] = ()
        if name in tables["att"]:
            path = tables["att"][name]
            marks = parse_flags(source.read(path), source.where(path))
            attributes = tuple(word for word, mark in zip(ATTRIBUTES, marks, strict=False) if mark)
        flags = _as_many(flags, boxes, source.where(absent))
        sequences.append(AnnotatedSequence(name, boxes, absent=flags > 0, attributes=attributes))
    return sequences


def _from_json(path: Path) -> Iterable[AnnotatedSequence]:
    for name, entry in read_json(path).items():
        boxes = json_boxes(entry, name, path)
        if "absent" not in entry:
            raise InputError(f"{path}: {name}: no field absent (1: the target is visible), the protocols need it")
        visible = np.array(entry["absent"])
        absent = _as_many(visible, boxes, f"{path}: {name}: absent") == 0
        yield AnnotatedSequence(name, boxes, absent=absent, attributes=json_words(entry, "attr"))


def _as_many(flags: np.ndarray, boxes: np.ndarray, where: object) -> np.ndarray:
    if flags.shape != (len(boxes),):
        raise InputError(f"{where}: {flags.size} labels, {len(boxes)} expected, one a box")
    return flags
