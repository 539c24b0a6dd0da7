"""The bytes of an image file, checked as far as decoders do not.

Decoders fill the missing part of a truncated JPEG with gray and go on, so the end marker is looked for here.
"""

from __future__ import annotations

import os

from siou_tracking.errors import InputError
from siou_tracking.untrusted.picture_size import MOST_PIXELS, declared_size
from siou_tracking.untrusted.reading import MIB, read_limited

LIMIT = 512 * MIB
"""Bytes of an image file: an 8K picture of 16 bits without compression has 200 MB."""
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"


def jpeg_is_whole(content: bytes) -> bool:
    """Whether a JPEG's end marker follows its picture data; markers of an embedded preview do not count."""
    position = 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        if content[position + 1] == _START_OF_SCAN:
            return content.rfind(_END_OF_IMAGE, position) != -1
        if content[position + 1] == 0xFF:  # a fill byte
            position += 1
        else:
            position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return False


def read_image_bytes(path: str | os.PathLike[str]) -> bytes:
    """The content of an image file.

    Raises:
        InputError: the file is missing, empty, no regular file or too large, a truncated JPEG, or says that it has more
            than `MOST_PIXELS` pixels.
    """
    try:
        content = read_limited(path, LIMIT)
    except OSError as error:
        raise InputError(f"image: {path}: {error.strerror or error}, allowed are readable image files") from None
    if not content or (is_jpeg(content) and not jpeg_is_whole(content)):
        raise InputError(f"image: {path}: truncated after {len(content)} bytes, allowed are whole image files")
    width, height = declared_size(content) or (0, 0)
    if width * height > MOST_PIXELS:
        raise InputError(f"image: {path}: got {width:,} x {height:,} pixels, allowed are {MOST_PIXELS:,} in all")
    return content


def image_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Width and height in pixels of an image file, as its rows and columns are stored.

    Raises:
        InputError: as `read_image_bytes`, or no image.
    """
    content = read_image_bytes(path)
    size = declared_size(content)
    if size is None:
        import cv2
        import numpy as np

        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_IGNORE_ORIENTATION | cv2.IMREAD_COLOR)
        size = None if image is None else (image.shape[1], image.shape[0])
    if not size or not min(size):
        raise InputError(f"image: {path}: not an image that can be read")
    return size


def is_jpeg(content: bytes) -> bool:
    """Whether a file begins as a JPEG does."""
    return content[:2] == b"\xff\xd8"
