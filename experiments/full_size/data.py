"""Whether the data sets are whole, counted by files, before weeks of computing begin on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from siou_tracking.benchmarks.official_names import official_names
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.sequence import BenchmarkSequence, frames_of, image_count
from siou_tracking.errors import InputError

Counts = list[tuple[str, int, int]]
"""What, how many there are, how many there should be."""

_TRACKINGNET_PARTS = 4
"""The parts of TrackingNet that the settings train on, TRAIN_0 to TRAIN_3."""


def check_sets(folders: Mapping[str, Path]) -> dict[str, str]:
    """The sets that miss something -> what, in one line.

    Args:
        folders: name of a set -> its folder.
    """
    missing = {}
    for name, folder in folders.items():
        try:
            counts = _COUNTERS[name](folder)
        except InputError as error:
            missing[name] = str(error)
            continue
        if short := [f"{there:,} of {wanted:,} {what}" for what, there, wanted in counts if there < wanted]:
            missing[name] = f"{folder}: {', '.join(short)}"
    return missing


def _lasot(folder: Path) -> Counts:
    test = set(official_names("lasot"))
    training = (path for path in folder.glob("*/*/groundtruth.txt") if path.parent.name not in test)
    there = _count(training, lambda boxes: boxes.parent / "img" / "00000001.jpg")
    return [("training sequences", there, 1120), *_evaluated("lasot")(folder)]


def _got10k(folder: Path) -> Counts:
    splits = {"train": 9335, "val": 180, "test": 180}
    return [
        (
            f"{split} sequences",
            _count(folder.glob(f"{split}/*/groundtruth.txt"), lambda p: p.with_name("00000001.jpg")),
            n,
        )
        for split, n in splits.items()
    ]


def _trackingnet(folder: Path) -> Counts:
    parts = {**{f"TRAIN_{part}": 2511 for part in range(_TRACKINGNET_PARTS)}, "TEST": 511}
    return [
        (f"{part} videos", _count((folder / part / "anno").glob("*.txt"), _trackingnet_frame), wanted)
        for part, wanted in parts.items()
    ]


def _trackingnet_frame(boxes: Path) -> Path:
    return boxes.parent.parent / "frames" / boxes.stem / "0.jpg"


def _coco(folder: Path) -> Counts:
    annotations = folder / "annotations" / "instances_train2014.json"
    pictures = sum(1 for _ in (folder / "images" / "train2014").glob("*.jpg"))
    return [("annotations/instances_train2014.json", int(_has(annotations)), 1), ("images/train2014", pictures, 82_783)]


def _evaluated(name: str) -> Callable[[Path], Counts]:
    def count(folder: Path) -> Counts:
        found = get_benchmark(name)
        identity = found.identify(found.load_sequences(folder))
        official = identity.sequences if identity.expected else []
        return [("test sequences, with all images", sum(map(_all_images, official)), len(found.official_names))]

    return count


def _all_images(sequence: BenchmarkSequence) -> bool:
    """Whether there are as many images as frames, by number alone."""
    place = sequence.image_pattern
    if not sequence.has_images or place is None:
        return False
    return image_count(place if place.is_dir() else place.parent) >= frames_of(sequence)


def _count(files: Iterable[Path], image: Callable[[Path], Path]) -> int:
    """How many annotations have their first image."""
    return sum(_has(image(path)) for path in files)


def _has(path: Path) -> bool:
    return path.is_file()


_COUNTERS: dict[str, Callable[[Path], Counts]] = {
    "lasot": _lasot,
    "got10k": _got10k,
    "trackingnet": _trackingnet,
    "coco": _coco,
    "otb2015": _evaluated("otb2015"),
    "vot2018": _evaluated("vot2018"),
}
