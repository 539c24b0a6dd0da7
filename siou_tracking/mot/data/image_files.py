"""Which files are the images of a sequence, in order: numbers from 1, or whatever a tool calls its frames."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.media.file_names import natural_key
from siou_tracking.untrusted.names import is_possible

DIGITS = 6
"""Of MOTChallenge's numbers; DanceTrack's have 8."""


def match_images(folder: Path, suffix: str, length: int, where: Path) -> tuple[int, tuple[str, ...]]:
    """The names of a sequence's images.

    Args:
        folder: of the images; one that is absent or empty is fine.
        suffix: of the images, such as ".jpg", in any case.
        length: how many there must be.
        where: what says so, for the error.

    Returns:
        digits, names: images are called 1 to `length` in so many digits, or else by the names, in natural order.

    Raises:
        InputError: another number of images, or a number that is left out.
    """
    names = [file.name for file in os.scandir(folder)] if is_possible(folder) and folder.is_dir() else []
    if not names:
        return DIGITS, ()
    images = [name for name in names if name.lower().endswith(suffix.lower()) and not name.startswith(".")]
    stems = [name[: -len(suffix)] for name in images]
    digits = max(map(len, stems), default=DIGITS)
    if set(images) == {f"{frame:0{digits}d}{suffix}" for frame in range(1, length + 1)}:
        return digits, ()
    numbered = [name for name, stem in zip(images, stems, strict=True) if stem.isdecimal() and stem.isascii()]
    files = sorted(numbered if len(numbered) == length else images, key=natural_key)
    if len(files) != length:
        raise InputError(
            f"{where}: seqLength is {length}, but {folder} has {len(files)} images *{suffix}; they must be equal"
        )
    _refuse_gaps(files, folder, length)
    return digits, tuple(files)


def _refuse_gaps(files: Sequence[str], folder: Path, length: int) -> None:
    """Refuse a number that is left out: the annotation counts that frame. Every fifth frame leaves none out."""
    found = [re.fullmatch(r"(.*?)(\d+)(\D*)", file) for file in files]
    parts = [match.groups() for match in found if match]
    if len(parts) < len(files) or len({(before, after) for before, _, after in parts}) > 1:
        return  # no numbers of frames
    numbers = [int(number) for _, number, _ in parts]
    step = min((after - before for before, after in itertools.pairwise(numbers)), default=1) or 1
    expected = itertools.count(min(numbers[0], 1) if step == 1 else numbers[0], step)
    for number, got, (before, digits, after) in zip(expected, numbers, parts, strict=False):
        if number != got:
            missing = folder / f"{before}{number:0{len(digits)}d}{after}"
            raise InputError(f"{missing}: no such image, frames 1 to {length} are expected, or from 0, without a gap")
