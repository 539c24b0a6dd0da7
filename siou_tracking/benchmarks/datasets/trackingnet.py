"""TrackingNet (Müller et al., ECCV 2018): areas under the curves as the devkit, the server's code, computes them.

Layout: `TEST` and `TRAIN_0` .. `TRAIN_11`, each with `frames/<video>/<n>.jpg` (from 0, no leading zeros) and
`anno/<video>.txt` of decimals x, y, w, h. TEST has the first box only: its 511 videos are scored by the server.
The precision here is the area under the curve from 0 to 50 pixels: it cannot be compared with a precision at 20 px.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from siou_tracking.benchmarks.files.annotations import find_files, parse_boxes, read_boxes
from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.files.writers import Dialect
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence, read_each
from siou_tracking.errors import InputError


class TrackingNet(OnePassBenchmark):
    """The 511 test videos; those of the training splits are scored by the same rules."""

    name = "trackingnet"
    title = "TrackingNet"
    splits = ("TEST", *(f"TRAIN_{number}" for number in range(12)))
    test_split = "TEST"
    layout_marks = ("anno/*.txt", "*/anno/*.txt")
    own_data = "training or own data"
    dialect = Dialect(box="%.2f")

    def describe_splits(self) -> str:
        return "TEST, TRAIN_0 to TRAIN_11"

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """Videos of the data set, or ground truth only: a zip, tar or folder of `<video>.txt` files.

        Args:
            path: the root with TEST and TRAIN_n, one of these folders, or the ground-truth archive or folder.
            split: None for TEST, else for the splits that are there.

        Raises:
            InputError: nothing there, or a malformed file.
        """
        if path.is_dir():
            for folders in self._split_folders(path, split):
                files = [(folder, file) for folder in folders for file in find_files(folder, "anno/*.txt")]
                if files:
                    return read_each((file.stem, partial(_from_folder, folder, file)) for folder, file in files)
            if split is not None:
                raise InputError(f"trackingnet: {path}: no {split}/anno/<video>.txt below it")
        return _from_archive(FileTree(path))

    def _split_folders(self, root: Path, split: str | None) -> list[list[Path]]:
        if split is not None:
            return [[root / split]]
        train = [root / name for name in self.splits if name != self.test_split]
        return [[root / "TEST"], train, [root]]


def _from_folder(folder: Path, file: Path) -> AnnotatedSequence:
    images, boxes = folder / "frames" / file.stem, read_boxes(file)
    first = 0 if len(boxes) == 1 else None  # known where the truth is withheld, to see whether images are missing
    return AnnotatedSequence(file.stem, boxes, images if images.is_dir() else None, first)


def _from_archive(source: FileTree) -> list[AnnotatedSequence]:
    sequences = []
    for path in source.paths:
        if path.endswith(".txt"):
            boxes = parse_boxes(source.read(path), source.where(path))
            sequences.append(AnnotatedSequence(path.rsplit("/", 1)[-1][:-4], boxes))
    if not sequences:
        raise InputError(f"trackingnet: {source.path}: no <video>.txt in it")
    return sequences
