"""Own data by a benchmark's rules: frames and boxes in any layout of the benchmarks, and no published rows beside them.

Layouts, recognized by their files:

    <seq>/groundtruth_rect.txt, or .1.txt, .2.txt ...    OTB's; images in img or beside it
    <seq>/groundtruth.txt                                GOT-10k's and plain; images in one of `IMAGE_FOLDERS` or beside
    <class>/<seq>/groundtruth.txt                        LaSOT's, with full_occlusion.txt and out_of_view.txt
    anno/<seq>.txt with frames/<seq> or sequences/<seq>  TrackingNet's, below the root or a folder of it; PyTracking's
    anno/<name>/<seq>.txt with data_seq/<name>/<seq>     UAV123's
    <seq>/<30 or 240>/<seq>.txt                          NfS's, with the images beside it
    a .json file                                         pysot's {seq: {"gt_rect": [[x, y, w, h], ...]}}

Boxes are x, y, w, h in pixels, counted as the benchmark counts them. Where labels of visibility are missing the target
counts as visible.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar  # Any: the base decides the classes of sequences, results and rules

import numpy as np

from siou_tracking.benchmarks.base import AnyBenchmark, Benchmark
from siou_tracking.benchmarks.datasets.nfs import STEP, vatic_boxes
from siou_tracking.benchmarks.datasets.otb2015 import own_target
from siou_tracking.benchmarks.files.annotations import (
    find_files,
    json_boxes,
    json_words,
    read_bytes,
    read_flags,
    read_json,
)
from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.benchmarks.one_pass.names import folded
from siou_tracking.benchmarks.sequence import AnnotatedSequence, image_count, once_each
from siou_tracking.benchmarks.typed_names import OWN
from siou_tracking.errors import InputError

IMAGE_FOLDERS = ("img", "imgs", "images", "frames", "color", "rgb")
_TRUTH = re.compile(r"groundtruth(?:_rect)?(?:\.(\d+))?\.txt")
_WHOLLY_VISIBLE = 8  # of GOT-10k's cover labels


@functools.cache
def make_custom(base: type[AnyBenchmark]) -> AnyBenchmark:
    """The benchmark of own data that is run, scored and told as `base` is, under the name "custom:<base's name>"."""
    from siou_tracking.benchmarks.vot2018.benchmark import ResetBasedVOT

    mixin = _OwnRegions if issubclass(base, ResetBasedVOT) else _Own
    fields = {"name": f"{OWN}:{base.name}", "title": base.title, "base": base()}
    made: AnyBenchmark = type(f"Own{base.__name__}", (mixin, base), fields)()
    return made


class _Own(Benchmark[Any, Any, Any]):
    """What own data change in the benchmark that they are scored as."""

    base: ClassVar[AnyBenchmark]
    splits = ()
    test_split = None
    aliases: ClassVar[Mapping[str, str]] = {}
    own_data = "own data"
    published_note = ""
    official_names = ()
    official_lengths: ClassVar[Mapping[str, int]] = {}

    def __reduce__(self) -> tuple[Any, tuple[type[AnyBenchmark]]]:
        return make_custom, (type(self.base),)  # the class was made at run time: workers make it again

    @property
    def protocols(self) -> Mapping[str, Any]:
        return _renamed(self.base)

    def read_sequences(self, path: Path, split: str | None) -> list[Any]:
        return read_own(path)


class _OwnRegions(_Own):
    """Own data for the reset-based experiment."""

    def read_sequences(self, path: Path, split: str | None) -> list[Any]:
        """VOT's own layout with its tags and polygons, or boxes in another one."""
        from siou_tracking.benchmarks.vot2018.data import boxes_as_sequence, load_sequences

        if path.is_file() or (path / "list.txt").is_file() or any(path.glob("*/color")):
            return list(load_sequences(path))
        return [boxes_as_sequence(one.name, one.ground_truth, one.frames) for one in read_own(path)]


@functools.cache
def _renamed(base: AnyBenchmark) -> dict[str, Any]:
    rows = base.protocols.items()
    return {name: dataclasses.replace(rules, benchmark=f"{OWN}:{base.name}") for name, rules in rows}


def read_own(path: Path) -> list[AnnotatedSequence]:
    """Sequences in whichever layout is there.

    Raises:
        InputError: none of the layouts, a malformed file, two different sequences of one name, or labels and boxes of
            different number.
    """
    if path.suffix == ".json" and path.is_file():
        found = [
            _sequence(name, json_boxes(one, name, path), None, json_words(one, "attr")) for name, one in _entries(path)
        ]
    elif not path.is_dir():
        raise InputError(f"{OWN}: {path}: expected a data folder or a .json of annotations")
    else:
        found = [*_with_truth_inside(path)] or [*_with_truth_beside(path)] or [*_as_distributed_by_nfs(path)]
    if not found:
        raise InputError(
            f"{OWN}: {path}: no <sequence>/groundtruth.txt or groundtruth_rect.txt in it or in its folders, no "
            "anno/<sequence>.txt beside frames/<sequence>, and no other official layout"
        )
    return once_each(found, f"{OWN}: {path}")


def _entries(path: Path) -> list[tuple[str, dict[str, Any]]]:
    return list(read_json(path).items())


def _with_truth_inside(root: Path) -> Iterator[AnnotatedSequence]:
    """OTB's, LaSOT's, GOT-10k's and plain folders, one or two levels down; or the root is one sequence."""
    folders: dict[Path, dict[str, Path]] = {}
    for file in (file for depth in ("", "*/", "*/*/") for file in find_files(root, f"{depth}groundtruth*.txt")):
        match = _TRUTH.fullmatch(file.name)
        if match and file.stat().st_size > 2:
            folders.setdefault(file.parent, {})[match[1] or ""] = file
    beside: dict[Path, dict[str, dict[str, Path]]] = {}
    for folder, files in folders.items():
        beside.setdefault(folder.parent, {})[folded(folder.name)] = files
    for folder, files in folders.items():
        own = own_target(folder.name, files, beside[folder.parent])  # pysot's copies of a video with two targets
        for number, file in files.items():
            if own and number not in ("", own[1]):
                continue
            name = f"{folder.name}-{number}"
            name = name if number and (len(files) > 1 or folded(name) in beside[folder.parent]) else folder.name
            sequence = _sequence("-".join(own) if own else name, _boxes(file), _images(folder))
            _label(sequence, folder)
            yield sequence


def _with_truth_beside(root: Path) -> Iterator[AnnotatedSequence]:
    """TrackingNet's folders, of the root or of each split in it; PyTracking's of NfS; UAV123's."""
    for file in find_files(root, "anno/*.txt", "*/anno/*.txt") or find_files(root, "anno/*/*.txt"):
        top = next(folder.parent for folder in file.parents if folder.name == "anno")
        places = (top / "frames", top / "sequences", top / "data_seq" / file.parent.name)
        images = next((place / file.stem for place in places if (place / file.stem).is_dir()), None)
        yield _sequence(file.stem, _boxes(file), images)


def _as_distributed_by_nfs(root: Path) -> Iterator[AnnotatedSequence]:
    """VATIC's rows below a folder that is called after the frames a second; the images tell how many rows are meant."""
    for file in find_files(root, "*/30/*.txt") or find_files(root, "*/240/*.txt"):
        boxes, images = vatic_boxes(file), file.with_suffix("")
        if there := image_count(images):
            boxes = boxes[:: 1 if len(boxes) <= there + 1 else STEP][:there]
        yield _sequence(file.stem, boxes, images if there else None)


def _boxes(file: Path) -> np.ndarray:
    """(n, 4) float64 xywh; the box around a polygon of four corners."""
    table = parse_table(read_bytes(file), 0, str(file))
    if not len(table) or table.shape[1] not in (4, 8):
        got = f"{table.shape[1]} numbers a row" if len(table) else "an empty file"
        raise InputError(f"{file}: {got}, expected x, y, w, h or the eight numbers of four corners")
    if table.shape[1] == 4:
        return table
    corners = table.reshape(-1, 4, 2)
    low, high = corners.min(axis=1), corners.max(axis=1)
    return np.hstack((low, high - low))


def _sequence(name: str, boxes: np.ndarray, images: Path | None, attributes: tuple[str, ...] = ()) -> AnnotatedSequence:
    """A frame without a box, which is written as NaN, counts as one where the target cannot be seen."""
    unseen = np.isnan(boxes).all(axis=1)
    bad = ~np.isfinite(boxes).all(axis=1) & ~unseen
    if bad.any() or unseen[0]:
        row = int(bad.argmax())
        raise InputError(f"{OWN}: {name}: box {row + 1}: got {boxes[row].tolist()}, four finite numbers are expected")
    cover = np.where(unseen, 0, _WHOLLY_VISIBLE)
    boxes = np.where(unseen[:, None], 0.0, boxes)
    return AnnotatedSequence(name, boxes, images, absent=unseen, cover=cover, attributes=attributes)


def _images(folder: Path) -> Path | None:
    places = (folder, *(folder / name for name in IMAGE_FOLDERS))
    return next((place for place in places if image_count(place)), None)


def _label(sequence: AnnotatedSequence, folder: Path) -> None:
    """Read the labels of visibility that LaSOT and GOT-10k have."""
    assert sequence.absent is not None and sequence.cover is not None
    for label in ("full_occlusion.txt", "out_of_view.txt", "absence.label", "cover.label"):
        if not (folder / label).is_file():
            continue
        flags = read_flags(folder / label)
        if len(flags) != len(sequence.ground_truth):
            expected = len(sequence.ground_truth)
            raise InputError(f"{folder / label}: {len(flags)} labels, {expected} expected, one a box")
        if label == "cover.label":
            sequence.cover = np.where(sequence.absent, 0, flags)
        else:
            sequence.absent |= flags > 0
    sequence.cover = np.where(sequence.absent, 0, sequence.cover)
