"""Text of numbers to an array. Strict: a damaged file is an error that names its line, never a shorter table.

Parsing is most of the time of scoring a tracker, so there are three ways, each for what the one before does not take:

1. `_integers`: ground truth and the results of most trackers. Every digit of a file is converted at once.
2. numpy's C reader, about 50 ns a number: decimals, exponents, NaN.
3. `_by_line`: mixed separators, odd spellings, and the wording of the error.
"""

from __future__ import annotations

import math
import re

import numpy as np

from siou_tracking.errors import InputError

_BOM = b"\xef\xbb\xbf"
_INTEGER = b"0123456789-,\t \n"
_REGULAR = b"0123456789.,-+eEnaN \t\n"  # with these, numpy's reader and `_by_line` understand the same files
_MINUS, _NEWLINE = ord("-"), ord("\n")
_SPLIT = re.compile(r"[ \t]*[,;][ \t]*|[ \t]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|nan)", re.IGNORECASE | re.ASCII)


def parse_table(data: bytes, columns: int, where: str) -> np.ndarray:
    """Read rows of `columns` numbers separated by commas, semicolons, tabs or spaces, mixed or not.

    Args:
        data: the file's bytes. A byte order mark, any newline convention, a missing last newline and blank lines
            are fine; NaN is a value, infinity is not.
        columns: numbers a row must have; 0 for "as many as the first row".
        where: the file's name, for the error.

    Returns:
        (n, columns) float64, each equal to Python's `float` of its text.

    Raises:
        InputError: "where:line: ..." for a row of another width, a word that is no number, or an infinite number.
    """
    data = data.removeprefix(_BOM)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = data if data[-1:] == b"\n" and not data[-2:-1].isspace() and not data[:1].isspace() else data.strip() + b"\n"
    if columns and not text.translate(None, _INTEGER):
        table = _integers(text, columns)
        if table is not None:
            return table
    text = text.rstrip()
    if text and not text.translate(None, _REGULAR):
        lines = text.decode("ascii").split("\n")
        delimiter = "," if "," in lines[0] else None
        try:
            table = np.loadtxt(lines, delimiter=delimiter, comments=None, ndmin=2)
        except ValueError:
            table = None
        if table is not None and (table.shape[1] == columns or not columns) and not np.isinf(table).any():
            return table
    return _by_line(data, columns, where)


def _integers(text: bytes, columns: int) -> np.ndarray | None:
    """(n, columns) float64 of whole numbers of at most four digits with one separator between them, else None.

    Args:
        text: of the bytes in `_INTEGER` only, neither starting nor ending with white space but for one last newline.
    """
    raw = np.frombuffer(text, np.uint8)
    digit = raw - np.uint8(ord("0"))  # what is no digit wraps around and becomes large
    is_digit, separates = digit <= 9, raw < _MINUS  # the sign and the digits have larger codes than the separators
    ends = np.flatnonzero(separates)
    rows = text.count(b"\n")
    if rows * columns != len(ends) or not (raw[ends[columns - 1 :: columns]] == _NEWLINE).all():
        return None
    if ends[0] > 4 or np.diff(ends).max(initial=0) > 5 or (separates[1:] > is_digit[:-1]).any():
        return None
    signs = np.flatnonzero(raw == _MINUS) if b"-" in text else np.empty(0, int)
    if not separates[signs[signs > 0] - 1].all():
        return None
    # at every byte, the number spelled by the digits that end there: the last two of them, and the two before
    mask = is_digit.view(np.uint8)
    digit *= mask
    low, high = digit.copy(), np.zeros_like(digit)
    low[1:] += digit[:-1] * np.uint8(10)
    low *= mask
    np.multiply(low[:-2], mask[1:-1], out=high[2:])
    ends -= 1
    values = high[ends].astype(np.float64)
    values *= 100.0
    values += low[ends]
    negative = np.searchsorted(ends, signs)
    values[negative] = -values[negative]
    return values.reshape(rows, columns)


def parse_flags(data: bytes, where: str) -> np.ndarray:
    """(n,) int64 labels, one a line or all on one line separated by commas (LaSOT's occlusion files).

    Raises:
        InputError: a label that is no whole number.
    """
    text = data.removeprefix(_BOM).replace(b"\r\n", b"\n").strip()
    digits, separators = text[::2], text[1::2]
    if digits.isdigit() and len(text) % 2 and not separators.translate(None, b", \n\t"):
        return (np.frombuffer(digits, np.uint8) - ord("0")).astype(np.int64)
    words = text.replace(b",", b" ").split()
    for number, word in enumerate(words, 1):
        if not re.fullmatch(rb"\d{1,9}(\.0*)?", word):
            raise InputError(f"{where}: label {number} is {_shown(word.decode('latin-1'))}, a whole number is expected")
    return np.array([float(word) for word in words]).astype(np.int64)


def _by_line(data: bytes, columns: int, where: str) -> np.ndarray:
    """Read row by row: slower, for unusual spellings, and the only place that words the error."""
    rows: list[list[float]] = []
    for line, row in enumerate(data.decode("latin-1").split("\n"), 1):
        row = row.strip(" \t")
        if not row:
            continue
        fields = _SPLIT.split(row)
        columns = columns or len(fields)
        for field in fields:
            if not _NUMBER.fullmatch(field):
                raise InputError(f"{where}:{line}: got {_shown(field)}, a number is expected")
        if len(fields) != columns:
            raise InputError(f"{where}:{line}: {len(fields)} numbers in {_shown(row)}, {columns} expected")
        values = [float(field) for field in fields]
        if any(map(math.isinf, values)):
            raise InputError(f"{where}:{line}: {_shown(row)} holds a number too large for a box")
        rows.append(values)
    return np.array(rows, np.float64).reshape(-1, columns)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
