"""Pictures by a pattern such as 'frames/*.png', for users whose folder holds more than the frames."""

from __future__ import annotations

import glob
from collections import Counter
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.media.file_names import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from siou_tracking.media.frames import ImageFiles, sort_pictures
from siou_tracking.wording import listed


def is_pattern(source: str) -> bool:
    """Whether a source that is no file has wildcards: * ? [ ]."""
    return glob.has_magic(source)


def match_pictures(pattern: str) -> ImageFiles:
    """The pictures that a pattern matches, in natural order of their paths.

    Args:
        pattern: as a shell has it, ** for folders at any depth; hidden files are not matched.

    Raises:
        InputError: it matches no picture, or a video.
    """
    names = glob.glob(pattern, recursive=True)  # noqa: PTH207  # Path.glob takes no absolute pattern
    found = [Path(name) for name in names]
    pictures, others = sort_pictures(path for path in found if not path.is_dir())
    videos = [path.name for path in others if path.suffix.lower() in VIDEO_SUFFIXES]
    if videos:
        raise InputError(f"frames: {pattern}: matches videos, {listed(videos, 3)}; allowed is one video by its name")
    if not pictures:
        raise InputError(f"frames: {pattern}: matches no picture{_hint(pattern, found)}")
    return ImageFiles(pattern, pictures, others)


def _hint(pattern: str, found: list[Path]) -> str:
    """What there is instead, to go behind an error."""
    if any(path.is_dir() for path in found):
        return f", but folders; did you mean '{pattern.rstrip('/')}/*'?"
    folder = Path(pattern).parent
    while is_pattern(str(folder)):
        folder = folder.parent
    if not folder.is_dir():
        return f": there is no folder '{folder}'"
    suffixes = Counter(path.suffix.lower() for path in folder.iterdir() if not path.name.startswith("."))
    there = [f"{suffixes[suffix]} {suffix}" for suffix in PICTURE_SUFFIXES if suffix in suffixes]
    return f": '{folder}' has {listed(there) or 'no picture'}"
