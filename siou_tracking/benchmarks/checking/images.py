"""Whether a sequence's images are there, can be read, and are of one size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.findings import Findings
from siou_tracking.benchmarks.sequence import BenchmarkSequence, image_count
from siou_tracking.errors import InputError
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.untrusted.reading import open_regular

_READ = 8
"""Images that are decoded of each sequence, the first and the last among them: enough to see a size that changes."""
_TAIL = 64
"""Last bytes of a file among which a whole JPEG or PNG has its end; a file without it is decoded as well."""
_ENDS = (b"\xff\xd9", b"IEND")


def check_images(sequence: BenchmarkSequence, official: bool) -> tuple[Findings, tuple[int, int] | None]:
    """Look at the images of a sequence.

    Args:
        sequence: of a data set with images.
        official: it may have more images than frames, as some of OTB2015's have.

    Returns:
        What was found, and (width, height) of the images; None where they cannot be read, or differ.
    """
    found = Findings()
    if not images_there(sequence):
        found.faults.append(f"no images at {sequence.image_pattern}")
        return found, None
    try:
        frames = list(sequence.frames)
    except InputError as error:
        found.faults.append(str(error))
        return found, None
    sizes: dict[tuple[int, int], Path] = {}
    chosen = np.linspace(0, len(frames) - 1, _READ).astype(int).tolist()
    for at in sorted({*chosen, *(at for at, path in enumerate(frames) if not _ends_whole(path))}):
        try:
            image = default_image_loader(frames[at])
        except InputError as error:
            found.faults.append(f"frame {at + 1}: {error}")
            continue
        sizes.setdefault((image.shape[1], image.shape[0]), frames[at])
    if len(sizes) > 1:
        words = ", ".join(f"{width} x {height} ({path.name})" for (width, height), path in sizes.items())
        found.notes.append(f"the size of the images changes: {words}")
    there = image_count(frames[0].parent)
    if there > len(frames) and not official:
        found.notes.append(f"{there} images, {len(frames)} boxes: the last {there - len(frames)} images are not used")
    return found, next(iter(sizes)) if len(sizes) == 1 else None


def _ends_whole(path: Path) -> bool:
    """Whether a file ends as a picture does; a download that stopped does not."""
    try:
        with open_regular(path) as file:
            file.seek(-min(_TAIL, path.stat().st_size), 2)
            tail = file.read()
    except OSError:
        return False
    return any(end in tail for end in _ENDS)


def images_there(sequence: BenchmarkSequence) -> bool:
    """Whether a sequence has any image."""
    place = sequence.image_pattern
    return sequence.has_images and place is not None and image_count(place if place.is_dir() else place.parent) > 0
