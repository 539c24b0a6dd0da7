"""The bytes of an image file, checked as far as decoders do not.

Decoders fill the missing part of a truncated JPEG with gray and go on, so the end marker is looked for here.
"""

from __future__ import annotations

import os
from pathlib import Path

from siou_tracking.errors import InputError

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
        InputError: the file is missing, empty, or a truncated JPEG.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"image: {path}: {error.strerror or error}, allowed are readable image files") from None
    if not content or (is_jpeg(content) and not jpeg_is_whole(content)):
        raise InputError(f"image: {path}: truncated after {len(content)} bytes, allowed are whole image files")
    return content


def is_jpeg(content: bytes) -> bool:
    """Whether a file begins as a JPEG does."""
    return content[:2] == b"\xff\xd8"
