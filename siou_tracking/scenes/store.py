"""Rendering a sequence into JPEG files, and making a folder that is either whole or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.scenes.world import Frame, RenderedSequence


@dataclass
class Annotation:
    """What is known of a stored sequence, one row a frame."""

    boxes: np.ndarray
    """(n, 4) x, y, w, h, 0-based pixels; zeros where the target is outside the image."""
    cover: np.ndarray
    """(n,) visible eighths, 0..8."""
    cut: np.ndarray
    """(n,) bool: the image cuts off part of the target."""
    outside: np.ndarray
    """(n,) bool: nothing of the target is in the image."""
    hidden: np.ndarray
    """(n,) bool: in the image, and nothing of it can be seen."""
    polygons: np.ndarray
    """(n, 8) corners of the smallest turned rectangle around the target."""
    others: np.ndarray
    """(n, k, 4) boxes of the other moving things that are not in front."""


def store(sequence: RenderedSequence, path: Callable[[int], Path], others: bool = False) -> Annotation:
    """Write every frame of `sequence` to `path(index)`, index from 0, as JPEG.

    Args:
        others: also annotate the other moving things.
    """
    rows = []
    for index in range(len(sequence)):
        frame = sequence.frame(index, others=others)
        write_jpeg(path(index), frame.image, sequence.quality)
        absent = not frame.mask.any()
        hidden = not absent and not frame.visible.any()
        rows.append((frame.box, frame.cover, frame.cut, absent, hidden, turned_rectangle(frame), frame.others))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Annotation(*columns)


def write_jpeg(path: Path, image: np.ndarray, quality: int) -> None:
    """Write an RGB image; its folder must exist."""
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    path.write_bytes(data.tobytes())


def turned_rectangle(frame: Frame) -> np.ndarray:
    """(8,) x, y of the corners of the smallest rectangle of any angle around the target's pixels; zeros when absent."""
    outline = largest_contour(frame.mask)
    if outline is None:
        return np.zeros(8)
    (x, y), (w, h), angle = cv2.minAreaRect(outline)
    # contours run through pixel centers: half a pixel is missing on each side
    return cv2.boxPoints(((x + 0.5, y + 0.5), (w + 1, h + 1), angle)).reshape(-1).astype(np.float64)


def largest_contour(mask: np.ndarray) -> np.ndarray | None:
    """(n, 1, 2) pixel outline of all of the mask's points as one hull; None for an empty mask."""
    points = cv2.findNonZero(mask.astype(np.uint8))
    return None if points is None else cv2.convexHull(points)


@contextlib.contextmanager
def new_folder(path: str | os.PathLike[str], what: str) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; on success it becomes `path`, on an exception it is removed.

    Raises:
        InputError: `path` is a file, or a folder with something in it.
    """
    target = Path(path)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{what}: {target} is not empty: allowed is a new or an empty folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        if target.exists():
            target.rmdir()
        temporary.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
