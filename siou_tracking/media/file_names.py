"""Which files are pictures and videos by their names, and in what order they are frames.

Hidden files are none, so neither are the `._name` that a Mac leaves beside every file. Light: scoring imports this.
"""

from __future__ import annotations

import re
from pathlib import Path

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png")
"""Those of the benchmarks."""
PICTURE_SUFFIXES = (
    *(".bmp", ".dib", ".gif", ".jpe", ".jpeg", ".jpg", ".jp2", ".png", ".tif", ".tiff", ".webp", ".avif", ".jxl"),
    *(".pam", ".pbm", ".pfm", ".pgm", ".pnm", ".ppm", ".pxm", ".ras", ".sr", ".exr", ".hdr", ".pic"),
    *(".heic", ".heif", ".dng", ".arw", ".cr2", ".nef"),
)
"""A file of a user's folder that stands for a frame, also where this OpenCV cannot decode it."""
VIDEO_SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts"),
    *(".webm", ".wmv"),
)
"""Files of a folder that are videos; a file that is named itself may have any suffix."""


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sorting key by which 'frame2' comes before 'frame10'."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def is_image(path: Path) -> bool:
    """Whether a file of a benchmark's folder is a frame."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def image_files(folder: Path) -> list[Path]:
    """The frames in a benchmark's folder in natural order; none in a folder that is not there."""
    found = filter(is_image, folder.iterdir()) if folder.is_dir() else ()
    return sorted(found, key=lambda path: (natural_key(path.name), path.name))
