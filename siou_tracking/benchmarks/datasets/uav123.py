"""UAV123 (Mueller, Smith and Ghanem, ECCV 2016): 123 sequences, cut from 91 videos, taken from low-flying aircraft.

Layout: `anno/UAV123/<seq>.txt` of x, y, w, h, NaN where the target cannot be seen, `data_seq/UAV123/<video>/000001.jpg`
and, optional, 12 attribute flags in `anno/UAV123/att/<seq>.txt`. Sequences `bird1_1`, `bird1_2` ... are ranges of the
images of one video `bird1`. pysot's annotations alone are UAV123.json.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks.files.annotations import (
    find_files,
    json_boxes,
    json_words,
    read_boxes,
    read_flags,
    read_json,
)
from siou_tracking.benchmarks.official_names import official_rows
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.one_pass.results import TrackerResults
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import is_there

ATTRIBUTES = ("SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB")
"""In the order of the att files."""


class UAV123(OnePassBenchmark):
    """The 123 sequences at 30 frames a second."""

    name = "uav123"
    title = "UAV123"
    layout_marks = ("anno/UAV123/*.txt",)
    first_pixel = 1

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """Sequences of the folder that holds `anno` and `data_seq`, or of the one above; or pysot's annotations.

        Raises:
            InputError: nothing there, or a malformed file.
        """
        if path.suffix == ".json":
            return [_from_json(name, entry, path) for name, entry in read_json(path).items()]
        files = find_files(path, "anno/UAV123/*.txt", "*/anno/UAV123/*.txt")
        if not files:
            raise InputError(f"uav123: {path}: no anno/UAV123/<sequence>.txt below it")
        return [_load(file) for file in files]

    def truth_as_results(self, sequences: Sequence[AnnotatedSequence]) -> TrackerResults:
        """The truth, with a box of no size in the frames without one: results with NaN are refused by some."""
        return super().truth_as_results(
            [dataclasses.replace(one, ground_truth=np.nan_to_num(one.ground_truth)) for one in sequences]
        )


def _load(file: Path) -> AnnotatedSequence:
    name, boxes = file.stem, read_boxes(file, nan=True)
    first, _ = official_rows("uav123").get(name, (1, 0))
    video = file.parents[2] / "data_seq" / "UAV123" / re.sub(r"_\d$", "", name)
    labels = file.parent / "att" / file.name
    marks = read_flags(labels) if is_there(labels) else np.zeros(0, np.int64)
    attributes = tuple(word for word, mark in zip(ATTRIBUTES, marks, strict=False) if mark)
    return AnnotatedSequence(name, boxes, video if video.is_dir() else None, first, attributes=attributes)


def _from_json(name: str, entry: dict[str, Any], path: Path) -> AnnotatedSequence:
    return AnnotatedSequence(name, json_boxes(entry, name, path, nan=True), attributes=json_words(entry, "attr"))
