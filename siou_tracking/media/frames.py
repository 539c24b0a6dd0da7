"""Frames out of image files, read one at a time; one that cannot be read is told, not dropped."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.media.file_names import PICTURE_SUFFIXES, natural_key
from siou_tracking.media.pictures import is_picture, is_turned, read_any_depth, stretch, visible_span
from siou_tracking.wording import listed

DEFAULT_FPS = 25.0


@dataclasses.dataclass(frozen=True)
class Frame:
    """One frame of a source, whether it can be read or not."""

    picture: np.ndarray | None
    """(H, W, 3) uint8 RGB as a viewer shows it; None: it cannot be read."""
    time: float
    """Seconds since the first frame."""
    name: str = ""
    """Of its file in a folder; empty in a video."""
    problem: str = ""
    """Why it cannot be read."""


class ImageFiles:
    """Pictures as the frames of a source, read one at a time; iterate it as often as needed.

    They are shown as a viewer shows them: turned by their EXIF orientation, and 16-bit or float pictures with the
    values of the first one's range stretched over 0 to 255. `ltr.data.image_loader` reads stored rows and columns.
    """

    fps = DEFAULT_FPS

    def __init__(self, place: str, files: Sequence[Path], passed_by: Sequence[Path]) -> None:
        """Args:
        place: the folder or the pattern, as notes call it.
        files: the pictures in the order of their frames, at least one.
        passed_by: other files of the place, for a note.
        """
        self.place, self.files, self.passed_by = place, files, passed_by
        above = {path.parent for path in files}
        self._base = Path(os.path.commonpath(above)) if len(above) > 1 else files[0].parent
        self._span: tuple[float, float] | None = None
        self._resized: list[str] = []

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[np.ndarray]:
        """The pictures; one that cannot be read raises `InputError` when its turn comes."""
        for frame in self.read():
            if frame.picture is None:
                raise InputError(frame.problem)
            yield frame.picture

    def read(self) -> Iterator[Frame]:
        """Every picture in turn; one that cannot be read says why."""
        self._span, self._resized = None, []
        size = None
        for index, path in enumerate(self.files):
            time = index / self.fps
            try:
                picture = read_any_depth(path)
            except InputError as error:
                yield Frame(None, time, self._name(path), str(error))
                continue
            if picture.dtype != np.uint8:
                self._span = self._span or visible_span(picture)
                picture = stretch(picture, self._span)
            height, width = picture.shape[:2]
            if size not in (None, (width, height)):
                self._resized.append(f"{path}: has {width} x {height} pixels, the one before {size[0]} x {size[1]}")
            size = width, height
            yield Frame(picture, time, self._name(path))

    def notes(self) -> list[str]:
        """What to know about the pictures, a sentence each; of sizes and numbers of bits once they were read."""
        notes = [f"{self.place}: {note}" for note in numbering_notes(self.files)]
        if self.passed_by:
            names = listed([path.name for path in self.passed_by])
            notes.append(f"{self.place}: files passed by, as they are no pictures: {names}")
        first = self.files[0]
        try:
            turned = is_turned(first)
        except InputError:
            turned = False
        if turned:
            notes.append(
                f"{first}: is turned as its EXIF orientation says, boxes are in the turned picture's pixels; "
                "benchmark runs keep the stored rows and columns"
            )
        if self._resized:
            more = f" ({len(self._resized) - 1} more such changes)" if len(self._resized) > 1 else ""
            notes.append(f"{self._resized[0]}{more}; boxes are in the pixels of their own picture")
        if self._span is not None:
            low, high = self._span
            notes.append(f"{self.place}: has more than 8 bits: values {low:g} to {high:g} were stretched to 0 to 255")
        return notes

    def _name(self, path: Path) -> str:
        """Of a picture, with its folder where there are several."""
        return path.relative_to(self._base).as_posix()


class ImageFolder(ImageFiles):
    """The pictures of a folder in natural order (2 before 10)."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        super().__init__(str(self.folder), *list_pictures(self.folder))


def list_pictures(folder: str | os.PathLike[str]) -> tuple[list[Path], list[Path]]:
    """The pictures of a folder in natural order (2 before 10), and its other files.

    A picture is what its name says is one, or what OpenCV recognizes by its content. Hidden files (`.name`, so also the
    `._name` that a Mac leaves) and folders are in neither list.

    Raises:
        InputError: no picture.
    """
    place = Path(folder)
    files = [path for path in place.iterdir() if not path.name.startswith(".") and not path.is_dir()]
    pictures, others = sort_pictures(files)
    if not pictures:
        below = [name for name in ("img", "img1", "color") if (place / name).is_dir()]
        hint = f"; did you mean '{place / below[0]}'?" if below else ""
        raise InputError(f"frames: {place}: got no image, allowed are files that OpenCV decodes{hint}")
    return pictures, others


def sort_pictures(files: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The pictures among files, and the others, each in natural order of their whole paths."""
    pictures: list[Path] = []
    others: list[Path] = []
    for path in sorted(files, key=lambda path: ([natural_key(part) for part in path.parts], path)):
        (pictures if path.suffix.lower() in PICTURE_SUFFIXES or is_picture(path) else others).append(path)
    return pictures, others


def numbering_notes(files: Sequence[Path]) -> list[str]:
    """What is odd about the last numbers in the names of files in order: one that comes twice, and gaps.

    Every fifth frame, or time stamps, have no gaps: the smallest step counts, and others must be multiples of it.
    """
    found = [re.search(r"(\d+)\D*$", path.stem) for path in files]
    numbers = [int(match[1]) for match in found if match]
    if len(numbers) < len(files):
        return []
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    least = min((step for step in steps if step > 0), default=1)
    even = all(step % least == 0 for step in steps)
    twice = [at for at, step in enumerate(steps) if step == 0]
    gaps = [at for at, step in enumerate(steps) if step > least and even]
    texts = (
        (twice, "have the same number: each counts as a frame"),
        (gaps, "follow each other, numbers between them are missing: frames are counted without these"),
    )
    return [
        f"{files[at[0]].name} and {files[at[0] + 1].name}"
        f"{f' (and {len(at) - 1} other pairs)' if len(at) > 1 else ''} {text}"
        for at, text in texts
        if at
    ]
