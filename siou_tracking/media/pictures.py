"""One picture as a viewer shows it: turned as its EXIF orientation says, in a visible range of eight bits."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.image_bytes import read_image_bytes


def is_picture(path: str | os.PathLike[str]) -> bool:
    """Whether OpenCV recognizes the file's first bytes as those of a picture."""
    import cv2

    if not Path(path).is_file():  # OpenCV would wait for a FIFO
        return False
    with quiet_opencv():
        return bool(cv2.haveImageReader(os.fspath(path)))


def read_any_depth(path: str | os.PathLike[str]) -> np.ndarray:
    """The picture as a viewer shows it: turned as its EXIF orientation says.

    Benchmarks read by `ltr.data.image_loader` instead, which keeps the stored rows and columns.

    Args:
        path: of any format that OpenCV decodes.

    Returns:
        (H, W, 3) RGB with the file's own type of number: uint8, uint16, float32.

    Raises:
        InputError: the file is missing, truncated or no picture.
    """
    import cv2

    content = np.frombuffer(read_image_bytes(path), np.uint8)
    with quiet_opencv(), contextlib.suppress(cv2.error):
        for colors in (cv2.IMREAD_COLOR, cv2.IMREAD_ANYCOLOR):  # gray TIFF of floats has no colors to be made of
            picture = cv2.imdecode(content, colors | cv2.IMREAD_ANYDEPTH)
            if picture is not None:
                return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB if picture.ndim == 3 else cv2.COLOR_GRAY2RGB)
    raise InputError(f"image: {path}: not decodable, allowed are image files that OpenCV reads")


def visible_span(picture: np.ndarray) -> tuple[float, float]:
    """The values between which nearly all (99.8 %) of a picture lies; at least 1 apart where they are whole numbers."""
    finite = picture[np.isfinite(picture)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, [0.1, 99.9]))
    least = 1.0 if np.issubdtype(picture.dtype, np.integer) else 1e-6
    return low, max(high, low + least)


def stretch(picture: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """The picture as uint8: `span` becomes 0 to 255, what lies outside is cut, what is not a number is 0."""
    low, high = span
    scaled = (picture.astype(np.float32) - low) * (255 / (high - low))
    return np.clip(np.nan_to_num(np.rint(scaled), nan=0.0), 0, 255).astype(np.uint8)


def is_turned(path: str | os.PathLike[str]) -> bool:
    """Whether the orientation that the file notes (EXIF) changes the picture."""
    import cv2

    content = np.frombuffer(read_image_bytes(path), np.uint8)
    with quiet_opencv():
        shown, stored = (cv2.imdecode(content, cv2.IMREAD_COLOR | more) for more in (0, cv2.IMREAD_IGNORE_ORIENTATION))
    return shown is not None and stored is not None and not np.array_equal(shown, stored)


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """Without OpenCV's and its decoders' own lines, beside which an error of ours would be lost."""
    import cv2

    # FFmpeg's level is read when a file is opened; one that the user has set counts.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    log = getattr(cv2.utils, "logging", cv2)  # some releases of 4.x have the functions in cv2 itself
    level = log.setLogLevel(0)  # silent
    try:
        yield
    finally:
        log.setLogLevel(level)
