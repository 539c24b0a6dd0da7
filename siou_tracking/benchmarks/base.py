"""What every benchmark shares: a sequence with its annotation, and the score of one tracker."""

from __future__ import annotations

import dataclasses
import functools
import re
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from siou_tracking.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


@dataclasses.dataclass(eq=False)
class Sequence:
    """One target in one video."""

    name: str
    ground_truth: np.ndarray
    """(n, 4) float64 xywh in pixels as annotated; one row only where the truth is withheld (test sets)."""
    folder: Path | None = None
    """Where the images are; None when only annotations were read."""
    first_frame: int | None = None
    """Number of the first image in its file name; None: every image of the folder belongs to the sequence."""
    absent: np.ndarray | None = None
    """(n,) bool, True where the target cannot be seen (LaSOT)."""
    cover: np.ndarray | None = None
    """(n,) int, 0 (not visible) to 8 (wholly visible) (GOT-10k)."""
    resolution: tuple[int, int] | None = None
    """(width, height) of the images in pixels, where the annotation says it."""
    attributes: tuple[str, ...] = ()
    lead_in: np.ndarray | None = None
    """(k, 4) boxes of the frames before the official start (OTB Tiger1); None where there are none."""

    @functools.cached_property
    def frames(self) -> list[Path]:
        """Image files in order, one a ground-truth row unless the truth is withheld.

        Raises:
            InputError: no images, another number of them than boxes, or, where the truth is withheld, a gap in their
                numbers.
        """
        if self.folder is None:
            return []
        images = _numbered_images(self.folder)
        wanted = len(self.ground_truth)
        if wanted == 1 and self.first_frame is not None:  # only the numbers tell whether an image is missing
            first, last = self.first_frame, self.first_frame + len(images) - 1
            if (images[0][0], images[-1][0]) != (first, last):
                raise InputError(
                    f"{self.folder}: {len(images)} images of {self.name}, numbered {images[0][0]} to {images[-1][0]}: "
                    f"expected {first} to {last}"
                )
        if wanted > 1 and len(images) != wanted and self.first_frame is not None:
            by_number = dict(images)
            numbers = range(self.first_frame, self.first_frame + wanted)
            missing = [number for number in numbers if number not in by_number]
            if missing:
                raise InputError(
                    f"{self.folder}: image {missing[0]} of {self.name} is missing ({len(images)} are there)"
                )
            return [by_number[number] for number in numbers]
        if wanted > 1 and len(images) != wanted:
            raise InputError(
                f"{self.folder}: {len(images)} images, {wanted} boxes of {self.name}: expected equally many"
            )
        return [path for _, path in images]

    def __len__(self) -> int:
        """Frames in the sequence."""
        return len(self.ground_truth) if len(self.ground_truth) > 1 or self.folder is None else len(self.frames)


def image_count(folder: Path) -> int:
    """Image files in a folder; 0 for a folder that is not there."""
    return sum(path.suffix.lower() in IMAGE_SUFFIXES for path in folder.iterdir()) if folder.is_dir() else 0


def _numbered_images(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        raise InputError(f"images: {folder}: no such folder")
    images = [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
    if not images:
        raise InputError(f"images: {folder}: no image file ({', '.join(sorted(IMAGE_SUFFIXES))})")
    numbered = []
    for path in images:
        digits = re.search(r"\d+$", path.stem)
        if not digits:
            raise InputError(f"images: {path}: the name has no frame number at its end")
        numbered.append((int(digits[0]), path))
    return sorted(numbered)


@dataclasses.dataclass(frozen=True)
class Curve:
    """Share of frames over a threshold, averaged as the protocol says."""

    thresholds: np.ndarray
    values: np.ndarray

    def to_json(self) -> dict[str, list[float]]:
        return {"thresholds": self.thresholds.tolist(), "values": self.values.tolist()}


@dataclasses.dataclass
class Score:
    """What one tracker reached on one benchmark under one protocol. All values are fractions, 0..1."""

    benchmark: str
    protocol: str
    tracker: str
    metrics: dict[str, float]
    per_sequence: dict[str, dict[str, float]]
    sequences: int
    """Sequences scored."""
    expected: int
    """Sequences the benchmark has."""
    frames: int
    """Frames scored."""
    curves: dict[str, Curve] = dataclasses.field(default_factory=dict)
    per_attribute: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)
    """What a reader of the number must know: missing sequences, repaired rows, cut files."""

    def summary(self) -> str:
        """One line: tracker, metrics, protocol, and how much of the benchmark was scored."""
        values = "  ".join(f"{name} {value:.4f}" for name, value in self.metrics.items())
        return f"{self.tracker}: {values}  ({self.benchmark}, {self.protocol} protocol, {self.coverage()})"

    def coverage(self) -> str:
        if self.sequences == self.expected:
            return f"all {self.sequences} sequences"
        return f"ONLY {self.sequences} of {self.expected} sequences"


def scores_to_json(scores: dict[str, Score]) -> dict[str, Any]:
    """The content of `score --json`: metrics and per-sequence values by tracker name.

    Args:
        scores: tracker name -> its score, all of one benchmark and protocol.
    """
    from siou_tracking import __version__

    first = next(iter(scores.values()))
    return {
        "benchmark": first.benchmark,
        "protocol": first.protocol,
        "version": __version__,
        "sequences": first.sequences,
        "expected_sequences": first.expected,
        "frames": first.frames,
        "trackers": {name: score.metrics for name, score in scores.items()},
        "per_sequence": {name: score.per_sequence for name, score in scores.items()},
        "per_attribute": {name: score.per_attribute for name, score in scores.items()},
        "curves": {name: {k: c.to_json() for k, c in score.curves.items()} for name, score in scores.items()},
        "notes": {name: score.notes for name, score in scores.items()},
    }


@functools.cache
def official_names(benchmark: str) -> tuple[str, ...]:
    """Names of the benchmark's test sequences (GOT-10k: of its validation split), in the organizers' order."""
    if benchmark == "got10k":
        return tuple(f"GOT-10k_Val_{number:06d}" for number in range(1, 181))
    return tuple(row[0] for row in _names(benchmark))


@functools.cache
def official_lengths(benchmark: str) -> dict[str, int]:
    """Frames of the official sequences, by name; empty where the organizers do not publish them with the truth."""
    if benchmark == "got10k":
        return {}
    return {name: int(columns[-1]) for name, *columns in _names(benchmark) if columns}


def _names(benchmark: str) -> list[list[str]]:
    """Rows of a list of names: the name, and the number of frames last, where it is known."""
    text = resources.files("siou_tracking.benchmarks").joinpath(f"names/{benchmark}.txt").read_text(encoding="ascii")
    return [line.split() for line in text.splitlines()]
