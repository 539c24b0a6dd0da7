"""An annotated sequence: the images of one target in one video and the box of every frame."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.media.file_names import IMAGE_SUFFIXES, image_files, is_image


class BenchmarkSequence(Protocol):
    """What runs and comparisons ask of a sequence of any benchmark; `len` is its number of frames."""

    @property
    def name(self) -> str:
        """As result files are called."""

    @property
    def has_images(self) -> bool:
        """False where only annotations were read."""

    @property
    def frames(self) -> Sequence[Path]:
        """Image files in order."""

    @property
    def image_pattern(self) -> Path | None:
        """Where images are looked for: a folder, or one with the pattern of their names; None without any."""

    def __len__(self) -> int: ...


@dataclasses.dataclass(eq=False)
class AnnotatedSequence:
    """One target in one video, with a box a frame."""

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
        images = _numbered_images(self.folder, self.first_frame is not None)
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

    @property
    def image_pattern(self) -> Path | None:
        """The folder of images, there or not."""
        return self.folder

    @property
    def has_images(self) -> bool:
        """Whether the folder of images is there."""
        return self.folder is not None and self.folder.is_dir()

    def __len__(self) -> int:
        """Frames in the sequence."""
        return len(self.ground_truth) if len(self.ground_truth) > 1 or self.folder is None else len(self.frames)


class UnreadableSequences(InputError):
    """Some sequences of a data set cannot be read; `read` are the others, `faults` say why of each by name."""

    def __init__(self, faults: dict[str, str], read: list[Any]) -> None:
        more = f" (and {len(faults) - 1} more sequences that cannot be read)" if len(faults) > 1 else ""
        super().__init__(f"{next(iter(faults.values()))}{more}")
        self.faults, self.read = faults, read


S = TypeVar("S")


def read_each(readers: Iterable[tuple[str, Callable[[], S]]]) -> list[S]:
    """Read sequences, each by itself.

    Args:
        readers: name -> what reads it.

    Raises:
        UnreadableSequences: after all of them were tried.
    """
    read: list[S] = []
    faults: dict[str, str] = {}
    for name, reader in readers:
        try:
            read.append(reader())
        except InputError as error:
            faults[name] = str(error)
    if faults:
        raise UnreadableSequences(faults, read)
    return read


def once_each(sequences: Iterable[AnnotatedSequence], where: object) -> list[AnnotatedSequence]:
    """Sequences without those that are there a second time, of which the one with images is kept.

    Raises:
        InputError: two of one name with different boxes.
    """
    found: dict[str, AnnotatedSequence] = {}
    for one in sequences:
        first = found.setdefault(one.name, one)
        if first is one:
            continue
        if not np.array_equal(first.ground_truth, one.ground_truth, equal_nan=True):
            places = " and in ".join(str(each.folder) for each in (first, one) if each.folder is not None)
            raise InputError(
                f"{where}: {one.name} is there twice with different boxes{f', in {places}' * bool(places)}"
            )
        if not _has_pictures(first) and _has_pictures(one):
            found[one.name] = one
    return list(found.values())


def _has_pictures(sequence: AnnotatedSequence) -> bool:
    return sequence.folder is not None and image_count(sequence.folder) > 0


def frames_of(sequence: BenchmarkSequence) -> int:
    """Length of a sequence; 0 where only its missing images would tell it, which its own run will say."""
    try:
        return len(sequence)
    except InputError:
        return 0


def image_count(folder: Path) -> int:
    """Image files in a folder; 0 for a folder that is not there."""
    return sum(map(is_image, folder.iterdir())) if folder.is_dir() else 0


def _numbered_images(folder: Path, must_be_numbered: bool) -> list[tuple[int, Path]]:
    """Images by the number at the end of their names; else, unless that must be there, in natural order from 1."""
    if not folder.is_dir():
        raise InputError(f"images: {folder}: no such folder")
    images = image_files(folder)
    if not images:
        raise InputError(f"images: {folder}: no image file ({', '.join(IMAGE_SUFFIXES)})")
    numbers = {path: re.search(r"\d+$", path.stem) for path in images}
    unnumbered = min((path for path, digits in numbers.items() if digits is None), default=None)
    if unnumbered is None:
        return sorted((int(digits[0]), path) for path, digits in numbers.items() if digits)
    if must_be_numbered:
        raise InputError(f"images: {unnumbered}: the name has no frame number at its end")
    return list(enumerate(images, 1))
