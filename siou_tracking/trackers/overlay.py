"""The overlay of a tracked source: box, number, flag and score with every frame, at the source's own times."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from siou_tracking.media.bars import status_bar
from siou_tracking.media.drawing import draw_boxes
from siou_tracking.media.frames import Frame
from siou_tracking.media.video import keep_times, write_overlay_video
from siou_tracking.trackers.boxes_file import NOT_FOUND, UNREADABLE, TrackedFrame


def write_tracked_video(path: Path, steps: Iterable[tuple[Frame, TrackedFrame]], label: str, fps: float) -> None:
    """Write the overlay as far as the steps go; no file where no frame can be read.

    Args:
        path: ends in .mp4 or .webm.
        steps: each frame of a source with what was tracked in it; one that cannot be read shows the picture before.
        label: written in a bar below the frame, over that of number, flag and score.
        fps: frames a second. Where frames come slower, pictures are repeated; every frame is shown at least once.
    """
    pictures = keep_times(_draw(steps, label), fps)
    first = next(pictures, None)
    if first is not None:
        write_overlay_video(path, ((picture, {}) for picture in itertools.chain([first], pictures)), fps)


def _draw(steps: Iterable[tuple[Frame, TrackedFrame]], label: str) -> Iterator[tuple[float, np.ndarray]]:
    latest: np.ndarray | None = None
    for number, (frame, row) in enumerate(steps, 1):
        latest = latest if frame.picture is None else frame.picture
        if latest is not None:
            height, width = latest.shape[:2]
            status = status_bar(_status(number, row), height, width, row.flag in (NOT_FOUND, UNREADABLE))
            yield frame.time, np.vstack((draw_boxes(latest, {label: row.box}), status))


def _status(number: int, row: TrackedFrame) -> str:
    words = [f"frame {number}"]
    if row.flag:
        words.append("lost (not_found)" if row.flag == NOT_FOUND else row.flag)
    if row.score is not None:
        words.append(f"score {row.score:.2f}")
    return "   ".join(words)
