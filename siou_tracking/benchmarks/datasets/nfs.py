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

from siou_tracking.benchmarks.files.annotations import json_boxes, read_boxes, read_bytes, read_json
from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError

_STEP = 8  # frames at 240 a second for one at 30


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
        distributed = sorted(path.glob(f"*/{self.rate}/*.txt"))
        converted = [] if distributed else sorted(path.glob("anno/*.txt"))
        if not distributed and not converted:
            raise InputError(
                f"{self.name}: {path}: no <sequence>/{self.rate}/<sequence>.txt and no anno/<sequence>.txt below it"
            )
        sequences = []
        for file in distributed:
            sequences.append(self._sequence(file.stem, self._vatic_boxes(file), file.with_suffix("")))
        for file in converted:
            name = file.stem.removeprefix("nfs_")
            sequences.append(self._sequence(name, read_boxes(file), path / "sequences" / name))
        return sequences

    def _sequence(self, name: str, boxes: np.ndarray, images: Path) -> AnnotatedSequence:
        if len(boxes) == self.official_lengths.get(name, 0) + 1:  # one more box than there are images
            boxes = boxes[:-1]
        return AnnotatedSequence(name, boxes, images if images.is_dir() else None, first_frame=1)

    def _vatic_boxes(self, file: Path) -> np.ndarray:
        """(n, 4) float64 xywh at this rate from rows with corners."""
        text = re.sub(rb'[ \t]*"[^"\n]*"', b"", read_bytes(file))
        table = parse_table(text, 0, str(file))
        if not len(table) or table.shape[1] < 5:
            raise InputError(f"{file}: expected rows of VATIC's form: track x1 y1 x2 y2 frame lost occluded generated")
        corners = table[:: _STEP if self.rate == 30 else 1, 1:5]
        return np.hstack((corners[:, :2], corners[:, 2:] - corners[:, :2]))


class NfS240(NfS):
    """The same videos at 240 frames a second."""

    name = "nfs240"
    title = "NfS (240 fps)"
    rate = 240
