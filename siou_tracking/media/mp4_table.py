"""The table of frames in an MP4 or MOV file (ISO/IEC 14496-12): when each is shown, also one whose data are damaged."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

_TABLE_LIMIT = 256 << 20
"""Bytes of all tables, of which a frame takes about 20."""
_MOST_ENTRIES = 10**7


def read_mp4_times(path: str | os.PathLike[str]) -> np.ndarray | None:
    """Seconds at which the frames of the first video track are shown, (n,) increasing, from 0.

    Frames that an edit list hides, because a video was cut between two key frames, are left out.

    Returns:
        None where the file has no such table (fragments), or plays its frames in several pieces.
    """
    movie = _read_movie(path)
    if movie is None:
        return None
    try:
        for track in (content for name, content in _boxes(movie) if name == b"trak"):
            handler = _find(track, b"mdia", b"hdlr")
            if handler is not None and handler[8:12] == b"vide":
                return _track_times(movie, track)
    except (struct.error, ValueError, IndexError):  # a damaged table
        pass
    return None


def _track_times(movie: bytes, track: bytes) -> np.ndarray | None:
    rate, movie_rate = _time_scale(_find(track, b"mdia", b"mdhd")), _time_scale(_find(movie, b"mvhd"))
    table = _find(track, b"mdia", b"minf", b"stbl")
    durations = None if table is None else _runs(_find(table, b"stts"))
    if not rate or not movie_rate or table is None or durations is None or not len(durations):
        return None
    shown = np.cumsum(durations) - durations
    offsets = _runs(_find(table, b"ctts"))
    if offsets is not None:
        if len(offsets) != len(shown):
            return None
        shown = shown + offsets
    edits = [edit for edit in _edits(_find(track, b"edts", b"elst")) if edit[1] >= 0]  # others are pauses
    if len(edits) > 1:
        return None
    if edits:
        length, start = edits[0]
        shown = shown[shown >= start]
        if length:
            shown = shown[shown < start + length / movie_rate * rate]
    seconds = np.unique(shown) / rate
    return seconds - seconds[0] if len(seconds) else None


def _read_movie(path: str | os.PathLike[str]) -> bytes | None:
    """The content of the box that holds all tables."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        position = 0
        while position + 16 <= size:
            file.seek(position)
            length, name, long = struct.unpack(">I4sQ", file.read(16))
            head = 16 if length == 1 else 8
            length = {0: size - position, 1: long}.get(length, length)
            if length < head:
                return None
            if name == b"moov":
                file.seek(position + head)
                return file.read(length - head) if length <= _TABLE_LIMIT else None
            position += length
    return None


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of the boxes in a box; none of these is long enough to need 64 bits."""
    position = 0
    while position + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        if length < 8:
            return
        yield name, content[position + 8 : position + length]
        position += length


def _find(content: bytes, *names: bytes) -> bytes | None:
    found: bytes | None = content
    for wanted in names:
        found = None if found is None else next((inner for name, inner in _boxes(found) if name == wanted), None)
    return found


def _time_scale(header: bytes | None) -> int:
    """Units a second, out of mdhd or mvhd."""
    return 0 if header is None else int(struct.unpack_from(">I", header, 20 if header[0] else 12)[0])


def _runs(content: bytes | None) -> np.ndarray | None:
    """A run-length table of 32-bit numbers, (count, value) each, written out."""
    if content is None:
        return None
    (count,) = struct.unpack_from(">I", content, 4)
    pairs = np.frombuffer(content, ">i4", 2 * count, 8).reshape(-1, 2).astype(np.int64)
    if pairs[:, 0].clip(min=0).sum() > _MOST_ENTRIES:
        raise ValueError("a table of more frames than a video has")
    return np.repeat(pairs[:, 1], pairs[:, 0])


def _edits(content: bytes | None) -> list[tuple[int, int]]:
    """(length in the movie's units, start in the track's units) of each piece that is played."""
    if content is None:
        return []
    (count,) = struct.unpack_from(">I", content, 4)
    form = ">QqI" if content[0] else ">IiI"
    size = struct.calcsize(form)
    return [struct.unpack_from(form, content, 8 + index * size)[:2] for index in range(count)]
