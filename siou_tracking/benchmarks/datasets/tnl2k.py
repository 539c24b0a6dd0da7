"""TNL2K (Wang et al., CVPR 2021): the 700 test sequences; its language descriptions are not used here.

Layouts: the data's `<seq>/{imgs/*.png or *.jpg, groundtruth.txt}`, and the evaluation toolkit's annotations
`gt_rect/<seq>.txt` with attribute flags in `att/<seq>_attribute.txt`, as a folder or an archive. The target cannot be
seen where the box is 0, 0, 0, 0: that is what the toolkit's labels in `absent` say as well, frame by frame.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.files.annotations import parse_boxes, read_boxes
from siou_tracking.benchmarks.files.file_tree import FileTree
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError


class TNL2K(OnePassBenchmark):
    """The 700 test sequences."""

    name = "tnl2k"
    title = "TNL2K"
    layout_marks = ("*/imgs",)

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        """Sequences of the test folder (or the folder above it), or the toolkit's annotations.

        Raises:
            InputError: nothing there, or a malformed file.
        """
        if path.is_dir():
            folders = sorted(file.parent for depth in ("*", "*/*") for file in path.glob(f"{depth}/groundtruth.txt"))
            if folders:
                return [_from_folder(folder) for folder in folders]
        sequences = [_from_toolkit(source, file) for source in (FileTree(path),) for file in _truth_files(source)]
        if not sequences:
            raise InputError(f"tnl2k: {path}: no <sequence>/groundtruth.txt and no gt_rect/<sequence>.txt in it")
        return sequences


def _from_folder(folder: Path) -> AnnotatedSequence:
    images = folder / "imgs"
    return _sequence(folder.name, read_boxes(folder / "groundtruth.txt"), images if images.is_dir() else None)


def _truth_files(source: FileTree) -> list[str]:
    return [file for file in source.paths if "gt_rect" in file.split("/")[:-1] and file.endswith(".txt")]


def _from_toolkit(source: FileTree, file: str) -> AnnotatedSequence:
    return _sequence(file.rsplit("/", 1)[-1][:-4], parse_boxes(source.read(file), source.where(file)), None)


def _sequence(name: str, boxes: np.ndarray, images: Path | None) -> AnnotatedSequence:
    return AnnotatedSequence(name, boxes, images, absent=(boxes == 0).all(axis=1))
