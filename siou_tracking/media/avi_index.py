"""Which frames of an AVI file are where its index says: the others are lost to every decoder, without a gap in time.

AVI has no times: a frame's place is its place in the file, so that after lost frames every later one seems earlier.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np

_MOST_CHUNKS, _MOST_ENTRIES = 10_000, 10**7
"""Outermost chunks of a file, of which AVI has a handful, and frames in its index."""
_ENTRY = np.dtype([("id", "S4"), ("flags", "<u4"), ("offset", "<u4"), ("size", "<u4")])


def read_avi_chunks(path: str | os.PathLike[str]) -> np.ndarray | None:
    """For each frame in the index whether its chunk is there, (n,) bool; None without an index that can be used.

    Only the first RIFF list is read, which holds the whole of files below 1 GB (AVI 1.0).
    """
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        movie, entries = None, np.empty(0, _ENTRY)
        position = 12  # behind RIFF, its size, and 'AVI '
        for _ in range(_MOST_CHUNKS):
            if position + 12 > size:
                break
            file.seek(position)
            name, length, kind = struct.unpack("<4sI4s", file.read(12))
            if name == b"LIST" and kind == b"movi":
                movie = position + 8  # offsets count from here
            elif name == b"idx1":
                file.seek(position + 8)
                content = file.read(min(length, size - position - 8, _MOST_ENTRIES * _ENTRY.itemsize))
                entries = np.frombuffer(content[: len(content) // 16 * 16], _ENTRY)
            position += 8 + length + length % 2
        entries = entries[np.isin(entries["id"], _video_names(entries["id"]))]
        if movie is None or not len(entries):
            return None
        base = movie if entries["offset"][0] < movie else 0
        there = np.zeros(len(entries), bool)
        for index, entry in enumerate(entries):
            file.seek(base + int(entry["offset"]))
            there[index] = file.read(8) == bytes(entry["id"]) + struct.pack("<I", entry["size"])
    return there & (entries["size"] > 0)


def _video_names(names: np.ndarray) -> list[bytes]:
    """The names of the chunks of the first video stream, such as 00dc."""
    video = [bytes(name) for name in np.unique(names) if name[2:] in (b"dc", b"db")]
    return [name for name in video if name[:2] == video[0][:2]]
