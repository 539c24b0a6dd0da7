"""The file of a tracked source, written as it comes: a line a frame as text, or a table with states and scores."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.trackers.follow import Step

UNREADABLE = "unreadable"
"""Flag of a frame that the tracker was not shown, because it cannot be read."""
NOT_FOUND = "not_found"
"""Flag of a frame in which the tracker knows that it has lost the target."""
LOST = "lost"
"""State of `NOT_FOUND`."""
_STATES = {
    "init": "given",
    "normal": "found",
    "hard_negative": "found",  # beside a distractor, from which the tracker learns
    "uncertain": "uncertain",
    NOT_FOUND: LOST,
    UNREADABLE: UNREADABLE,
}
_COLUMNS = ("frame", "name", "time", "x", "y", "w", "h", "score", "state", "flag")


@dataclasses.dataclass(frozen=True)
class TrackedFrame(Step):
    """What is known of one frame of a source once it was tracked; where it cannot be read the box is four NaN."""

    time: float = 0.0
    """Seconds since the first frame."""
    name: str = ""
    """Of the picture in a folder."""

    @property
    def state(self) -> str:
        """given, found, uncertain, lost or unreadable; empty where the tracker tells none, or one of its own."""
        return _STATES.get(self.flag, "")


class BoxesWriter:
    """Writes the rows of a source as they come, in the form that the suffix names.

    .csv and .json hold frame (from 1), name, time, box, score, state and flag; another suffix is `format_boxes`, where
    a frame that cannot be read is nan,nan,nan,nan.

    Args:
        path: the file; it is made with the first row.
        source: the name of what is tracked, for .json.
    """

    def __init__(self, path: str | os.PathLike[str], source: str = "") -> None:
        self._path = Path(path)
        forms = _forms(source)
        self._head, self._format, self._tail = forms.get(self._path.suffix.lower(), forms[".txt"])
        self._file: IO[str] | None = None
        self._count = 0

    def add(self, row: TrackedFrame) -> None:
        """The next frame of the source.

        Raises:
            OSError: it cannot be written; then there is no file, for its last row may be a part of one.
        """
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("w", encoding="utf-8", newline="")
                self._file.write(self._head)
            self._count += 1
            self._file.write(self._format(self._count, row))
        except OSError:
            self._give_up()
            raise

    def close(self, complete: bool) -> None:
        """End the file; `complete` is False where the tracking was stopped before the end of the source."""
        if self._file is None or self._file.closed:
            return
        try:
            if self._tail:
                self._file.write(self._tail % json.dumps(complete))
            self._file.close()
        except OSError:
            self._give_up()
            raise

    def _give_up(self) -> None:
        with contextlib.suppress(OSError):
            if self._file is not None:
                self._file.close()
        self._path.unlink(missing_ok=True)


def format_boxes(boxes: Iterable[Sequence[float]] | np.ndarray) -> str:
    """One box a line, 'x,y,w,h' with three decimals, as GOT-10k's tools write and read them."""
    return "".join(",".join(f"{value:.3f}" for value in box) + "\n" for box in boxes)


def check_boxes_name(path: str | os.PathLike[str]) -> None:
    """Refuse a name whose suffix says another kind of file, or is misspelled; none stands for .txt.

    Raises:
        InputError: it is such a name.
    """
    suffix = Path(path).suffix.lower()
    if suffix and suffix not in _forms(""):
        raise InputError(f"boxes: {path}: got suffix '{suffix}', allowed are {', '.join(_forms(''))}")


def _forms(source: str) -> dict[str, tuple[str, Callable[[int, TrackedFrame], str], str]]:
    """Suffix -> what stands before the rows, a row, and what stands behind them with %s for whether it is complete."""
    head = json.dumps({"source": source, "box": "x,y,w,h in pixels"})[:-1]
    return {
        ".txt": ("", _format_line, ""),
        ".csv": (_csv_line(_COLUMNS), _format_csv, ""),
        ".json": (f'{head}, "frames": [', _format_json, '\n], "complete": %s}\n'),
    }


def _format_line(number: int, row: TrackedFrame) -> str:
    return format_boxes([row.box])


def _csv_line(cells: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _format_csv(number: int, row: TrackedFrame) -> str:
    score = "" if row.score is None else f"{row.score:.4g}"
    box = [f"{value:.3f}" for value in row.box]
    return _csv_line([number, row.name, f"{row.time:.3f}", *box, score, row.state, row.flag])


def _format_json(number: int, row: TrackedFrame) -> str:
    told = {
        "frame": number,
        "name": row.name or None,
        "time": round(row.time, 3),
        "box": None if math.isnan(row.box[0]) else [round(value, 3) for value in row.box],
        "score": None if row.score is None else float(f"{row.score:.4g}"),
        "state": row.state or None,
        "flag": row.flag or None,
    }
    return ("\n  " if number == 1 else ",\n  ") + json.dumps(told, allow_nan=False)
