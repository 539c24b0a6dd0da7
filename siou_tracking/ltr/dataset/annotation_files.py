"""Annotation text files, read whole; whatever cannot be meant is refused with the file and the line."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import TABLE_LIMIT, read_limited


def read_text(path: str | os.PathLike[str], limit: int = TABLE_LIMIT) -> str:
    """The text of a file of at most `limit` bytes.

    Raises:
        InputError: the file is missing, unreadable, no regular file, larger, or not text.
    """
    try:
        content = read_limited(path, limit)
    except OSError as error:
        raise InputError(f"annotation: {path}: {error.strerror or error}, allowed are readable files") from None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise InputError(f"annotation: {path}: got bytes that are no text, allowed is UTF-8") from None


def read_boxes(path: str | os.PathLike[str]) -> np.ndarray:
    """The boxes of a sequence, (n, 4) float32 xywh: one a line, separated by commas, tabs or spaces.

    A box without area is legal, it marks a frame without the target.

    Raises:
        InputError: the file is missing or empty, a line has not four numbers, or a number is not finite.
    """
    text = read_text(path).rstrip()
    if not text:
        raise InputError(f"boxes: {path}: got an empty file, allowed is one box x,y,w,h a line")
    plain = text.replace(",", " ")
    try:
        boxes = np.loadtxt(io.StringIO(plain), dtype=np.float32, ndmin=2, comments=None)
    except ValueError:
        boxes = np.empty((0, 0), dtype=np.float32)
    if boxes.shape != (plain.count("\n") + 1, 4) or not np.isfinite(boxes).all():
        raise InputError(_describe_bad_line(path, text.splitlines()))
    return boxes


def read_flags(path: str | os.PathLike[str], count: int) -> np.ndarray:
    """Small whole numbers, (count,) uint8: one a line, or several separated by commas or spaces.

    Args:
        path: the label file.
        count: how many frames the sequence has.

    Raises:
        InputError: the file is missing, holds something else, or its length is not `count`.
    """
    tokens = read_text(path).replace(",", " ").split()
    try:
        values = np.array(tokens, dtype=np.float64)
    except ValueError:
        values = np.array([float(token) if token.isdecimal() else np.nan for token in tokens])
    bad = np.flatnonzero(~((values >= 0) & (values <= 255) & (values == np.rint(values))))
    if bad.size:
        got = f"value {bad[0] + 1}: got '{tokens[bad[0]]}'"
        raise InputError(f"labels: {path}: {got}, allowed are whole numbers 0 to 255")
    if len(values) != count:
        raise InputError(f"labels: {path}: got {len(values)} values, allowed are {count}, one for each box")
    return values.astype(np.uint8)


def read_flags_if_any(path: str | os.PathLike[str], count: int, otherwise: int) -> np.ndarray:
    """As `read_flags`, and `otherwise` for every frame where the file is not there."""
    return read_flags(path, count) if Path(path).exists() else np.full(count, otherwise, dtype=np.uint8)


def _describe_bad_line(path: str | os.PathLike[str], lines: list[str]) -> str:
    for number, line in enumerate(lines, start=1):
        fields = [field for field in re.split(r"[,\s]+", line.strip()) if field]
        try:
            values = np.array(fields, dtype=np.float64)
        except ValueError:
            values = np.array([np.nan])
        if len(fields) != 4 or not (np.abs(values) <= np.finfo(np.float32).max).all():
            return f"boxes: {path}: line {number}: got '{line.strip()[:60]}', allowed are four finite numbers x,y,w,h"
    return f"boxes: {path}: got lines that do not separate into boxes, allowed is one box x,y,w,h a line"
