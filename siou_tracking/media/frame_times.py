"""When each frame of a video is shown, found without decoding: so a frame that does not decode has its place."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.media.avi_index import read_avi_chunks
from siou_tracking.media.mp4_table import read_mp4_times
from siou_tracking.media.pictures import quiet_opencv

if TYPE_CHECKING:
    import cv2

MOST_FRAMES = 10**7
"""Of a video, 92 hours at 30 frames/s: tables of times are made of what a container says of itself."""
GIVE_UP_AFTER = 64
"""Failures in a row, beyond the frames that are still expected, until a file is taken to have ended."""
_REORDERED = 5
"""Packets by which the order in a file may differ from the order of showing."""


_ONE = 1.5
"""Width of a step, in usual ones, above which a frame is missing in it."""
_UNEVEN = 0.5
"""Share of the usual step by which steps between frames may differ in a video of constant rate."""


@dataclasses.dataclass(frozen=True)
class FrameTimes:
    """The frames that a video file holds."""

    count: int
    """Their number, as far as it is known."""
    seconds: np.ndarray
    """(count,) float64 when each is shown on the decoder's clock, increasing; empty where the file tells no times."""
    damaged: bool = False
    """Whether packets are missing among them."""
    complete: bool = False
    """Whether every frame in `seconds` that does not decode was lost; an edit list that is not known may hide some."""
    varies: bool = False
    """Whether the frame rate varies."""
    announced: int = 0
    """The number that the container estimates from its duration, which is more where the end is lost; 0: unknown."""


@dataclasses.dataclass(frozen=True)
class _Packets:
    seconds: list[float]
    """In the order of the file."""
    failures: list[int]
    """Before which of them one failed, once for each failure."""
    announced: int
    """Frames that the container says it holds, maybe by estimate; 0 where it does not."""


def read_frame_times(path: str | os.PathLike[str]) -> FrameTimes:
    """The times of a file's frames, also of those whose packets are damaged, as far as the container tells.

    MP4 has a table of its frames. Of other files the packets are read, not decoded, which costs little more than
    reading the file once; AVI has an index of its frames, and elsewhere a few gaps in an otherwise even row are taken
    for lost frames, and for a variable frame rate where they are many or, but in MPEG's streams, of one frame each.
    """
    container = _container(path)
    table = read_mp4_times(path) if container == "mp4" else None
    if table is not None:
        return FrameTimes(len(table), table, complete=True, varies=_is_uneven(table))
    packets = _read_packets(path)
    known = np.unique(packets.seconds)
    if len(known) < 2 or len(known) < len(packets.seconds) / 2:
        return FrameTimes(packets.announced or len(packets.seconds), np.empty(0))
    exact = packets.announced if container == "avi" else 0
    step = float(np.median(np.diff(known)))
    # A packet without a time of its own repeats the last one's: it is a frame whose place is to be found, too.
    repeats = (np.flatnonzero(np.diff(np.sort(packets.seconds)) == 0) + 1).tolist()
    unplaced = [*repeats, *(at for at in packets.failures if at > 0)]
    leading = len(packets.failures) + len(repeats) - len(unplaced)
    even = _fill_even_row(known, step)
    chunks = read_avi_chunks(path) if container == "avi" and len(known) < exact else None
    if chunks is not None and chunks.sum() == len(known):
        places, there = np.arange(len(chunks)), np.flatnonzero(chunks)
        beyond = np.minimum(places - there[0], 0) + np.maximum(places - there[-1], 0)
        times = np.interp(places, there, known) + step * beyond
    elif even is not None and _is_plausible(even, known, len(unplaced), exact, container == "mpeg"):
        times = even
    else:
        times = known
        for at in unplaced:
            times = _fill_widest_gap(times, at)
    trailing = max(exact, len(packets.seconds)) - len(times) - leading
    before, behind = step * np.arange(leading, 0, -1), step * np.arange(1, trailing + 1)
    times = np.concatenate([times[0] - before, times, times[-1] + behind])
    damaged = len(times) > len(known)
    varies = _is_uneven(known) and not (even is not None and len(even) <= len(times))
    return FrameTimes(
        len(times),
        times,
        damaged,
        complete=damaged or container in (None, "mpeg"),
        varies=varies,
        announced=packets.announced,
    )


def frame_count(capture: cv2.VideoCapture, size: int) -> int:
    """The number of frames that an opened video of `size` bytes announces; 0 where it cannot be.

    Every container has some bytes for every frame, and what is announced is waited for.
    """
    import cv2

    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if 0 < count < min(MOST_FRAMES, size) else 0


def _read_packets(path: str | os.PathLike[str]) -> _Packets:
    import cv2

    seconds: list[float] = []
    failures: list[int] = []
    with quiet_opencv():
        capture = cv2.VideoCapture(os.fspath(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
        announced, failed = frame_count(capture, Path(path).stat().st_size), 0
        while capture.isOpened() and failed <= max(announced - len(seconds), 0) + GIVE_UP_AFTER:
            if len(seconds) == MOST_FRAMES:
                break
            if not capture.grab():
                failed += 1
                continue
            failures += [len(seconds)] * failed
            failed = 0
            seconds.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        capture.release()
    return _Packets(seconds, failures, announced)


def _container(path: str | os.PathLike[str]) -> str | None:
    """mp4 or avi, which have a table of their frames; mpeg for its streams of packets; None for others."""
    with Path(path).open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return "mpeg" if head[:1] == b"G" or head[:4] == b"\0\0\1\xba" else None


def _fill_even_row(times: np.ndarray, step: float) -> np.ndarray | None:
    """The times with those that are missing from an even row; None where they are none."""
    steps = np.diff(times)
    widths = np.rint(steps / step)
    # containers round times to whole milliseconds
    if (widths < 1).any() or (np.abs(steps - widths * step) > 0.0011 * widths + 0.02 * step).any():
        return None
    if widths.sum() > MOST_FRAMES:
        return None
    more = [times[gap] + step * np.arange(1, widths[gap]) for gap in np.flatnonzero(widths > 1)]
    return np.sort(np.concatenate([times, *more]))


def _is_uneven(times: np.ndarray) -> bool:
    steps = np.diff(times)
    return bool(len(steps)) and bool(np.ptp(steps) > _UNEVEN * np.median(steps))


def _is_plausible(even: np.ndarray, known: np.ndarray, unplaced: int, announced: int, broadcast: bool) -> bool:
    """Whether what an even row has more than the known times was lost, and not left out by a variable rate."""
    if announced:
        return len(even) <= announced
    widths = np.diff(known) / np.median(np.diff(known))
    gaps = int((widths > _ONE).sum())
    # gaps of one frame are also left where recordings were joined; in a broadcast a packet was lost
    several = broadcast or bool((widths > 1 + _ONE).any())
    return len(even) - len(known) <= unplaced or (several and gaps - unplaced <= max(3, len(known) // 100))


def _fill_widest_gap(times: np.ndarray, at: int) -> np.ndarray:
    """The times with one more in the middle of the widest gap near the `at`-th."""
    start = max(min(at, len(times)) - _REORDERED, 0)
    window = times[start : at + _REORDERED]
    if len(window) < 2:
        return times
    gap = int(np.argmax(np.diff(window)))
    return np.insert(times, start + gap + 1, (window[gap] + window[gap + 1]) / 2)
