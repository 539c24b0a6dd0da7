"""The file of a tracked source: a line a frame as text, or a table with names, times, scores and flags."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.media.file_names import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from siou_tracking.trackers.follow import Step

UNREADABLE = "unreadable"
"""Flag of a frame that the tracker was not shown, because it cannot be read."""
NOT_FOUND = "not_found"
"""Flag of a frame in which the tracker knows that it has lost the target."""
_COLUMNS = ("frame", "name", "time", "x", "y", "w", "h", "score", "flag")


@dataclasses.dataclass(frozen=True)
class TrackedFrame(Step):
    """What is known of one frame of a source once it was tracked; where it cannot be read the box is four NaN."""

    time: float = 0.0
    """Seconds since the first frame."""
    name: str = ""
    """Of the picture in a folder."""


def format_boxes(boxes: np.ndarray) -> str:
    """One box a line, 'x,y,w,h' with three decimals, as GOT-10k's tools write and read them."""
    return "".join(",".join(f"{value:.3f}" for value in box) + "\n" for box in boxes)


def check_boxes_name(path: str | os.PathLike[str]) -> None:
    """Refuse the name of a picture or a video for a file of boxes.

    Raises:
        InputError: it is such a name.
    """
    suffix = Path(path).suffix.lower()
    if suffix in (*PICTURE_SUFFIXES, *VIDEO_SUFFIXES):
        raise InputError(f"boxes: {path}: got suffix '{suffix}', allowed are .txt, .csv, .json")


def write_boxes(
    path: str | os.PathLike[str], frames: Sequence[TrackedFrame], source: str = "", complete: bool = True
) -> Path:
    """Write what was tracked in the form that the suffix names.

    .csv and .json hold frame (from 1), name, time, box, score and flag; another suffix is `format_boxes`, where a frame
    that cannot be read is nan,nan,nan,nan.

    Args:
        path: the file.
        frames: of the source, in order.
        source: the name of what was tracked, for .json.
        complete: False where the tracking was stopped before the end of the source, for .json.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        return write_text(path, _format_csv(frames))
    if suffix == ".json":
        return write_text(path, _format_json(frames, source, complete))
    return write_text(path, format_boxes(np.array([frame.box for frame in frames])))


def _format_csv(frames: Sequence[TrackedFrame]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for number, frame in enumerate(frames, 1):
        score = "" if frame.score is None else f"{frame.score:.4g}"
        box = [f"{value:.3f}" for value in frame.box]
        writer.writerow([number, frame.name, f"{frame.time:.3f}", *box, score, frame.flag])
    return text.getvalue()


def _format_json(frames: Sequence[TrackedFrame], source: str, complete: bool) -> str:
    rows = [
        {
            "frame": number,
            "name": frame.name or None,
            "time": round(frame.time, 3),
            "box": None if math.isnan(frame.box[0]) else [round(value, 3) for value in frame.box],
            "score": None if frame.score is None else float(f"{frame.score:.4g}"),
            "flag": frame.flag or None,
        }
        for number, frame in enumerate(frames, 1)
    ]
    lines = ",\n".join("  " + json.dumps(row, allow_nan=False) for row in rows)
    head = json.dumps({"source": source, "complete": complete, "box": "x,y,w,h in pixels"})
    return f'{head[:-1]}, "frames": [\n{lines}\n]}}\n'
