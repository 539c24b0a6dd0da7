"""Reading one image file as RGB, or saying which file could not be read.

The EXIF orientation is not applied: annotations refer to the stored rows and columns.
"""

from __future__ import annotations

import functools
import os
from types import ModuleType

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.image_bytes import is_jpeg, read_image_bytes


def default_image_loader(path: str | os.PathLike[str]) -> np.ndarray:
    """The image at `path` as (H, W, 3) uint8 RGB; uses simplejpeg for JPEG files where it is installed, else OpenCV.

    Raises:
        InputError: the file is missing, truncated or no image.
    """
    content = read_image_bytes(path)
    if is_jpeg(content) and (turbo := _import_simplejpeg()) is not None:
        try:
            return turbo.decode_jpeg(content, colorspace="RGB")
        except ValueError as error:
            raise InputError(f"image: {path}: not decodable ({error}), allowed are whole image files") from None
    return _decode_image(content, path)


def opencv_loader(path: str | os.PathLike[str]) -> np.ndarray:
    """As `default_image_loader`, always by OpenCV."""
    return _decode_image(read_image_bytes(path), path)


jpeg4py_loader = default_image_loader
"""PyTracking's name for its loader; jpeg4py itself is not needed."""
jpeg4py_loader_w_failsafe = default_image_loader


def _decode_image(content: bytes, path: str | os.PathLike[str]) -> np.ndarray:
    import cv2

    to_rgb = getattr(cv2, "IMREAD_COLOR_RGB", None)  # OpenCV 4.10 and later decode into this order directly
    flags = cv2.IMREAD_IGNORE_ORIENTATION | (cv2.IMREAD_COLOR if to_rgb is None else to_rgb)
    image = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if image is None:
        raise InputError(f"image: {path}: not decodable, allowed are image files that OpenCV reads")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if to_rgb is None else image


@functools.cache
def _import_simplejpeg() -> ModuleType | None:
    try:
        import simplejpeg
    except ImportError:
        return None
    return simplejpeg
