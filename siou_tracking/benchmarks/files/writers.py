"""Result files in each benchmark's own dialect."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.untrusted.reading import read_input


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a result file spells boxes and times, and where it lies under the tracker's folder."""

    box: str = "%.3f"
    """printf format of one coordinate; %d truncates toward zero, as pytracking does."""
    separator: str = ","
    time: str = "%.8f"
    """printf format of the seconds of one frame."""
    by_repetition: bool = False
    """`<seq>/<seq>_001.txt` with one column of times a repetition, instead of `<seq>.txt`."""


def format_rows(values: np.ndarray, number: str, separator: str) -> str:
    """Rows of an (n, columns) array as text, each ended by a newline."""
    row = separator.join([number] * values.shape[1]) + "\n"
    return (row * len(values)) % tuple(values.ravel().tolist())


def result_path(
    folder: str | os.PathLike[str], sequence: str, dialect: Dialect, repetition: int = 1, kind: str = "boxes"
) -> Path:
    """Where a result of one sequence belongs; `kind` is boxes or time."""
    stem = sequence if kind == "boxes" else f"{sequence}_time"
    if not dialect.by_repetition:
        return Path(folder) / f"{stem}.txt"
    return Path(folder) / sequence / (f"{sequence}_{repetition:03d}.txt" if kind == "boxes" else f"{stem}.txt")


def write_result(
    folder: str | os.PathLike[str],
    sequence: str,
    boxes: np.ndarray,
    dialect: Dialect,
    times: np.ndarray | None = None,
    repetition: int = 1,
) -> Path:
    """Write one tracker's boxes on one sequence, whole or not at all.

    Args:
        folder: the tracker's folder.
        sequence: its official name.
        boxes: (n, 4) xywh in pixels, finite.
        dialect: how to spell it; a benchmark has its own.
        times: (n,) seconds a frame; written first, so that a box file always has its times.
        repetition: 1 for the first run. GOT-10k's time file keeps one column a repetition.

    Raises:
        InputError: boxes of another shape or not finite, or times of another length.
    """
    boxes = np.asarray(boxes, np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise InputError(f"{sequence}: result boxes: got shape {boxes.shape}, finite (n, 4) expected")
    path = result_path(folder, sequence, dialect, repetition)
    if times is not None:
        columns = np.asarray(times, np.float64).reshape(-1, 1)
        if len(columns) != len(boxes):
            raise InputError(f"{sequence}: {len(columns)} times, {len(boxes)} boxes: expected equally many")
        timed = result_path(folder, sequence, dialect, repetition, "time")
        if dialect.by_repetition and repetition > 1 and timed.is_file():
            before = parse_table(read_input(timed), 0, str(timed))
            if len(before) == len(columns):
                columns = np.hstack((before[:, : repetition - 1], columns))
        write_text(timed, format_rows(columns, dialect.time, dialect.separator))
    return write_text(path, format_rows(boxes, dialect.box, dialect.separator))
