"""TrackingNet (Müller et al., ECCV 2018): areas under the curves as the devkit, the server's code, computes them.

Layout: `TEST` and `TRAIN_0` .. `TRAIN_11`, each with `frames/<video>/<n>.jpg` (from 0, no leading zeros) and
`anno/<video>.txt` of decimals x, y, w, h. TEST has the first box only: its 511 videos are scored by the server.
The precision here is the area under the curve from 0 to 50 pixels: it cannot be compared with a precision at 20 px.
"""

from __future__ import annotations

import os
from pathlib import Path

from siou_tracking.benchmarks.base import Score, Sequence, official_names
from siou_tracking.benchmarks.files.annotations import parse_boxes, read_boxes
from siou_tracking.benchmarks.files.sources import Source
from siou_tracking.benchmarks.one_pass.ope import score_ope
from siou_tracking.benchmarks.one_pass.results import TrackerResults
from siou_tracking.benchmarks.protocol import Protocol, get_protocol
from siou_tracking.errors import InputError

SPLITS = ("TEST", *(f"TRAIN_{number}" for number in range(12)))


def load_sequences(source: str | os.PathLike[str], split: str | None = None) -> list[Sequence]:
    """Videos of the data set, or ground truth only: a zip, tar or folder of `<video>.txt` files.

    Args:
        source: the root with TEST and TRAIN_n, one of these folders, or the ground-truth archive or folder.
        split: TEST or TRAIN_n; None for TEST, else for the splits that are there.

    Raises:
        InputError: nothing there, or a malformed file.
    """
    path = Path(source)
    if split is not None and split not in SPLITS:
        raise InputError(f"trackingnet: split '{split}': allowed are TEST, TRAIN_0 to TRAIN_11")
    if path.is_dir():
        for folders in _split_folders(path, split):
            sequences = [
                _from_folder(folder, file) for folder in folders for file in sorted((folder / "anno").glob("*.txt"))
            ]
            if sequences:
                return sequences
        if split is not None:
            raise InputError(f"trackingnet: {path}: no {split}/anno/<video>.txt below it")
    return _from_archive(Source(path))


def _split_folders(root: Path, split: str | None) -> list[list[Path]]:
    if split is not None:
        return [[root / split]]
    train = [root / name for name in SPLITS[1:]]
    return [[root / "TEST"], train, [root]]


def score(tracker: TrackerResults, sequences: list[Sequence], protocol: Protocol | None = None) -> Score:
    """Success, precision and normalized precision areas, and the share of frames with a box (see `score_ope`)."""
    return score_ope(tracker, sequences, protocol or get_protocol("trackingnet"), len(official_names("trackingnet")))


def _from_folder(folder: Path, file: Path) -> Sequence:
    images, boxes = folder / "frames" / file.stem, read_boxes(file)
    first = 0 if len(boxes) == 1 else None  # known where the truth is withheld, to see whether images are missing
    return Sequence(file.stem, boxes, images if images.is_dir() else None, first)


def _from_archive(source: Source) -> list[Sequence]:
    sequences = []
    for path in source.paths:
        if path.endswith(".txt"):
            boxes = parse_boxes(source.read(path), source.where(path))
            sequences.append(Sequence(path.rsplit("/", 1)[-1][:-4], boxes))
    if not sequences:
        raise InputError(f"trackingnet: {source.path}: no <video>.txt in it")
    return sequences
