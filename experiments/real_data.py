"""Real pictures for studies: folders to train on, and sequences to test on, which share no target.

Studies take two folders, by `add_options`:

    --real DIR    train/got10k/{train,val}, train/coco, test/otb, test/other, test/mot/train/TUD-Campus
    --otb DIR     Couple, Crossing and Football1 of OTB2015

Trackers train on train/got10k/train and train/coco, whatever is chosen is chosen on train/got10k/val, and
`test_sequences` are only tested on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.datasets.otb2015 import frame_ranges
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.mot.data.motchallenge import read_truth
from siou_tracking.mot.data.sequences import read_sequence

LEAST_FRAMES = 20
"""A pedestrian of the multi-object sequence that is seen wholly for fewer makes no sequence."""
BENCHMARK = "custom:otb2015"
"""What test sequences are run and scored as: OTB2015's rules, for a set that is not all OTB2015's."""


@dataclass(frozen=True)
class Training:
    """Folders to train and to choose on."""

    got10k: Path
    """GOT-10k's layout, with train/ and val/."""
    coco: Path
    """COCO 2017's layout, annotations/ and images/."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--real` and `--otb`, both None where they are not given."""
    parser.add_argument("--real", type=Path, metavar="DIR", help="real pictures: the folder with train/ and test/")
    parser.add_argument("--otb", type=Path, metavar="DIR", help="OTB2015's Couple, Crossing and Football1")


def training_folders(real: Path | None) -> Training:
    """Where to train and to choose.

    Raises:
        InputError: a folder is missing.
    """
    root = _folder(real, "--real") / "train"
    found = Training(_folder(root / "got10k", "--real"), _folder(root / "coco", "--real"))
    for split in ("train", "val"):
        _folder(found.got10k / split, "--real")
    return found


def test_sequences(real: Path | None, otb: Path | None) -> list[AnnotatedSequence]:
    """Every real test target in OTB2015's form, images included: OTB2015's, others, TUD-Campus' pedestrians.

    Args:
        real: has test/otb, test/other and test/mot/train/TUD-Campus.
        otb: three more of OTB2015, or None for those in `real` alone.

    Raises:
        InputError: a folder or an image is missing, or a target is there twice.
    """
    root = _folder(real, "--real") / "test"
    folders = [_folder(root / "otb", "--real")] + ([] if otb is None else [_folder(otb, "--otb")])
    official = [one for folder in folders for one in get_benchmark("otb2015").load_sequences(folder)]
    others = get_benchmark("otb2015").load_sequences(_folder(root / "other", "--real"))
    found = [*_official(official), *others, *pedestrians(_folder(root / "mot" / "train" / "TUD-Campus", "--real"))]
    names = [one.name for one in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"--otb: {otb}: {twice[0]} is in --real too, allowed are other sequences")
    for one in found:
        _ = one.frames  # listed when first asked for: a missing image is told before anything is trained
    return found


def pedestrians(folder: Path) -> list[AnnotatedSequence]:
    """Every pedestrian of a MOTChallenge sequence as a single target, named <sequence>-<identity in gt.txt>.

    A target's frames are the longest run of frames in which it is annotated and its box lies wholly in the picture, for
    OTB's rules count a frame whose box begins outside as a miss of every tracker. Other pedestrians may hide it.

    Args:
        folder: of one sequence, with seqinfo.ini, img1 and gt/gt.txt.

    Returns:
        Those of at least `LEAST_FRAMES` frames; boxes count pixels from 1, as OTB's.

    Raises:
        InputError: a malformed or missing file.
    """
    info = read_sequence(folder)
    tracks = read_truth(info)
    size = np.array([info.width, info.height])
    inside = (
        tracks.considered & (tracks.xywh[:, :2] >= 0).all(1) & (tracks.xywh[:, :2] + tracks.xywh[:, 2:] <= size).all(1)
    )
    found = []
    for identity in np.unique(tracks.identity):
        one = tracks.select(inside & (tracks.identity == identity))
        runs = np.split(np.arange(len(one)), np.flatnonzero(np.diff(one.frame) > 1) + 1)
        rows = max(runs, key=len)
        if len(rows) >= LEAST_FRAMES:
            boxes = one.xywh[rows] + np.array([1.0, 1.0, 0.0, 0.0])
            name = f"{info.name.lower()}-{identity}"
            found.append(AnnotatedSequence(name, boxes, folder / info.image_dir, first_frame=int(one.frame[rows[0]])))
    return found


def _official(sequences: Sequence[AnnotatedSequence]) -> list[AnnotatedSequence]:
    """Those of OTB2015's names and lengths; another is refused, for its numbers would pass for the benchmark's."""
    lengths = {name: frames for name, (_, frames) in frame_ranges().items()}
    for one in sequences:
        if len(one.ground_truth) != lengths.get(one.name):
            raise InputError(f"{one.folder}: {one.name} with {len(one.ground_truth)} frames is none of OTB2015's")
    return sorted(sequences, key=lambda one: one.name)


def _folder(path: Path | None, option: str) -> Path:
    if path is None:
        raise InputError(f"{option}: not given; this study needs real pictures, see experiments/real_data.py")
    if not path.is_dir():
        raise InputError(f"{option}: {path}: no such folder")
    return path
