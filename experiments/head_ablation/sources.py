"""The targets that regions are cut from: real ones where there are any, and generated ones, by split.

train   train/got10k/train and train/coco of --real, generated sequences of training photographs
val     train/got10k/val of --real, generated sequences of held-out photographs
test    test/ of --real, and --otb; without real pictures other generated sequences
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from experiments.real_data import test_sequences, training_folders
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.dataset import Got10k, MSCOCOSeq
from siou_tracking.ltr.dataset.base_video_dataset import BaseVideoDataset
from siou_tracking.scenes.got10k import write_got10k

LEAST_SIDE = 12.0
"""sqrt(w h) in pixels of the smallest object of COCO that is taken."""


@dataclass(frozen=True)
class Source:
    """One target: frames in which it is visible."""

    name: str
    boxes: np.ndarray
    """(n, 4) xywh in pixels from 0."""
    read: Callable[[int], np.ndarray]
    """Number of a frame, 0 to n - 1, to its picture (H, W, 3) uint8 RGB."""


Sources = dict[str, list[Source]]
"""Split -> its targets."""


def real_sources(real: Path | None, otb: Path | None, objects: int) -> Sources:
    """Real targets of each split; none without `real`.

    Args:
        real, otb: see `experiments.real_data`.
        objects: of COCO, at the most.

    Raises:
        InputError: a folder or a file is missing or malformed, or `otb` is given without `real`.
    """
    if real is None and otb is None:
        return {"train": [], "val": [], "test": []}
    folders = training_folders(real)
    coco = MSCOCOSeq(str(folders.coco), split="train", version="2017")
    return {
        "train": [*sequences(Got10k(str(folders.got10k / "train"))), *objects_of(coco, objects)],
        "val": sequences(Got10k(str(folders.got10k / "val"))),
        "test": [_from_annotated(one) for one in test_sequences(real, otb)],
    }


def generated_sources(folder: Path, counts: Mapping[str, int], length: int, seed: int, workers: int) -> Sources:
    """Draw sequences into `folder`, and give their targets.

    Args:
        folder: new.
        counts: split -> sequences.
        length: frames of each.
        seed: of the pictures.
        workers: processes.
    """
    found: Sources = {}
    for number, (split, count) in enumerate(counts.items()):
        # Of GOT-10k's own test form only the first box would be written.
        layout = "train" if split == "train" else "val"
        if count:
            place = folder / split
            write_got10k(place, layout, count, seed + number, length=length, workers=workers, progress=False)
            found[split] = sequences(Got10k(str(place / layout)), prefix="generated-")
        else:
            found[split] = []
    return found


def sequences(dataset: BaseVideoDataset, prefix: str = "") -> list[Source]:
    """Every sequence of a data set, where its target is visible."""
    found = []
    for number in range(dataset.get_num_sequences()):
        info = dataset.get_sequence_info(number)
        frames = info["visible"].bool().nonzero()[:, 0]
        name = f"{prefix}{dataset.sequence_list[number]}"
        found.append(Source(name, info["bbox"][frames].numpy(), partial(_read, dataset, number, frames.tolist())))
    return [one for one in found if len(one.boxes) > 1]


def objects_of(dataset: MSCOCOSeq, count: int) -> list[Source]:
    """At most `count` objects, evenly over the data set, that are not tiny."""
    boxes = [dataset.get_sequence_info(number)["bbox"].numpy() for number in range(dataset.get_num_sequences())]
    large = [number for number, box in enumerate(boxes) if box[0, 2] * box[0, 3] >= LEAST_SIDE**2]
    chosen = np.unique(np.linspace(0, len(large) - 1, min(count, len(large))).round().astype(int))
    return [Source(f"coco-{large[one]}", boxes[large[one]], partial(_read, dataset, large[one], [0])) for one in chosen]


def digest(sources: Sources) -> str:
    """What tells data from other data: names and boxes."""
    found = hashlib.sha256()
    for split, targets in sources.items():
        for one in targets:
            found.update(f"{split} {one.name} ".encode() + np.ascontiguousarray(one.boxes, np.float32).tobytes())
    return found.hexdigest()[:16]


def _read(dataset: BaseVideoDataset, sequence: int, frames: list[int], number: int) -> np.ndarray:
    picture: np.ndarray = dataset.get_frames(sequence, [frames[number]])[0][0]
    return picture


def _from_annotated(sequence: AnnotatedSequence) -> Source:
    boxes = sequence.ground_truth.astype(np.float32)
    boxes[:, :2] -= 1  # annotated from 1
    kept = np.flatnonzero((boxes[:, 2:] > 1).all(1))
    frames = [sequence.frames[number] for number in kept]
    return Source(sequence.name, boxes[kept], partial(_read_file, frames))


def _read_file(frames: list[Path], number: int) -> np.ndarray:
    return default_image_loader(frames[number])
