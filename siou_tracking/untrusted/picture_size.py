"""How large a picture says that it is, told from its first bytes: a few of them can ask for gigabytes.

Decoders make room for the whole picture before they look at its data. The common formats are read here; for others
OpenCV is given the same limit, which it takes where it is imported afterwards.
"""

from __future__ import annotations

import os
import re
import struct

MOST_PIXELS = 1 << 27
"""Four times 8K (7680 x 4320): decoded and turned to RGB it takes about 1 GB."""
_OPENCV = "OPENCV_IO_MAX_IMAGE_PIXELS"
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_NETPBM = re.compile(rb"P[1-6]\s(?:\s|#[^\n]*\n)*(\d{1,18})\s(?:\s|#[^\n]*\n)*(\d{1,18})\s")
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
_TIFF_NUMBERS = {3: "H", 4: "I"}
_HEAD = 4096

os.environ.setdefault(_OPENCV, str(MOST_PIXELS))


def declared_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a JPEG, PNG, BMP, GIF, WebP, TIFF or Netpbm file; None for others, or damage."""
    try:
        if content.startswith(b"\xff\xd8"):
            return _jpeg_size(content)
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return _pair(">II", content, 16)
        if content.startswith(b"GIF8"):
            return _pair("<HH", content, 6)
        if content.startswith(b"BM"):
            return _bitmap_size(content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _webp_size(content)
        if content[:4] in _TIFF:
            return _tiff_size(content, _TIFF[content[:4]])
        found = _NETPBM.match(content[:_HEAD])
        return (int(found[1]), int(found[2])) if found else None
    except (struct.error, KeyError):
        return None


def _pair(form: str, content: bytes, place: int) -> tuple[int, int]:
    width, height = struct.unpack_from(form, content, place)
    return abs(width), abs(height)


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Of the first frame header; markers of an embedded preview lie inside another segment."""
    position = 2
    while content[position : position + 1] == b"\xff":
        marker, length = struct.unpack_from(">BH", content, position + 1)
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker in _JPEG_SIZES:
            height, width = _pair(">HH", content, position + 5)
            return width, height
        position += 2 + length
    return None


def _bitmap_size(content: bytes) -> tuple[int, int]:
    """A negative height says that rows go from the top."""
    (header,) = struct.unpack_from("<I", content, 14)
    return _pair("<HH" if header == 12 else "<ii", content, 18)


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8 ":
        width, height = _pair("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (packed,) = struct.unpack_from("<I", content, 21)
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    return None


def _tiff_size(content: bytes, order: str) -> tuple[int, int]:
    """Tags 256 and 257 of the first directory."""
    (place,) = struct.unpack_from(order + "I", content, 4)
    (count,) = struct.unpack_from(order + "H", content, place)
    found = {}
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", content, entry)
        if tag in (256, 257):
            (found[tag],) = struct.unpack_from(order + _TIFF_NUMBERS[kind], content, entry + 8)
    return found[256], found[257]
