"""NfS, "Need for Speed" (Kiani Galoogahi et al., ICCV 2017): 100 videos of 240 frames a second, or every eighth frame.

Layouts: as distributed, `<seq>/30/<seq>.txt` beside the images `<seq>/30/<seq>/00001.jpg`, and the same under 240. Its
rows are VATIC's, `track x1 y1 x2 y2 frame lost occluded generated "label"`, one for each frame at 240 a second in both
folders. PyTracking's: `anno/nfs_<seq>.txt` of x, y, w, h and `sequences/<seq>/00001.jpg`. pysot's: NFS30.json,
NFS240.json. (got-10k's toolkit takes the corners for sizes, so its NfS numbers cannot be compared with any.)
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import numpy as np

from siou_tracking.benchmarks.files.annotations import find_files, json_boxes, read_boxes, read_bytes, read_json
from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.benchmarks.official_names import official_lengths
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence, image_count
from siou_tracking.errors import InputError

STEP = 8
"""Frames at 240 a second for one at 30."""


class NfS(OnePassBenchmark):
    """The 100 videos at 30 frames a second, which is what papers report."""

    name = "nfs"
    title = "NfS (30 fps)"
    rate: ClassVar[int] = 30
    """Frames a second."""

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """Sequences of a data folder in either layout, or pysot's annotations.

        Raises:
            InputError: nothing there, or a malformed file.
        """
        if path.suffix == ".json":
            return [self._sequence(name, json_boxes(one, name, path), path) for name, one in read_json(path).items()]
        if not path.is_dir():
            raise InputError(f"{self.name}: {path}: no such folder")
        distributed = find_files(path, f"*/{self.rate}/*.txt")
        converted = [] if distributed else find_files(path, "anno/*.txt")
        if not distributed and not converted:
            raise InputError(
                f"{self.name}: {path}: no <sequence>/{self.rate}/<sequence>.txt and no anno/<sequence>.txt below it"
            )
        sequences = []
        for file in distributed:
            images = file.with_suffix("")
            boxes = self._at_rate(vatic_boxes(file), file.stem, images)
            sequences.append(self._sequence(file.stem, boxes, images))
        for file in converted:
            name = file.stem.removeprefix("nfs_")
            sequences.append(self._sequence(name, read_boxes(file), path / "sequences" / name))
        return sequences

    def _sequence(self, name: str, boxes: np.ndarray, images: Path) -> AnnotatedSequence:
        if len(boxes) == self.official_lengths.get(name, 0) + 1:  # one more box than there are images
            boxes = boxes[:-1]
        return AnnotatedSequence(name, boxes, images if images.is_dir() else None, first_frame=1)

    def _at_rate(self, boxes: np.ndarray, name: str, images: Path) -> np.ndarray:
        """Every eighth box, unless there is one for each frame at this rate already."""
        frames = [count for count in (self.official_lengths.get(name), image_count(images)) if count]
        return boxes if any(abs(len(boxes) - count) <= 1 for count in frames) else boxes[::STEP]


class NfS240(NfS):
    """The same videos at 240 frames a second."""

    name = "nfs240"
    title = "NfS (240 fps)"
    rate = 240

    def _at_rate(self, boxes: np.ndarray, name: str, images: Path) -> np.ndarray:
        return boxes

    def _sequence(self, name: str, boxes: np.ndarray, images: Path) -> AnnotatedSequence:
        if len(boxes) == official_lengths("nfs").get(name):
            raise InputError(
                f"nfs240: {name}: its {len(boxes)} boxes are those of 30 frames a second: use --benchmark nfs"
            )
        return super()._sequence(name, boxes, images)


def vatic_boxes(file: Path) -> np.ndarray:
    """(n, 4) float64 xywh from rows with corners."""
    text = re.sub(rb'(?<![ \t])[ \t]*"[^"\n]*"', b"", read_bytes(file))
    table = parse_table(text, 0, str(file))
    if not len(table) or table.shape[1] < 5:
        raise InputError(f"{file}: expected rows of VATIC's form: track x1 y1 x2 y2 frame lost occluded generated")
    return np.hstack((table[:, 1:3], table[:, 3:5] - table[:, 1:3]))
