"""Text of numbers to an array. Strict: a damaged file is an error that names its line, never a shorter table.

Parsing is most of the time of scoring a tracker, so there are three ways, each for what the one before does not take:

1. `parse_plain`: plainly spelled numbers, which is most files. Every digit of a file is converted at once.
2. numpy's C reader: exponents, NaN, padded columns.
3. `_by_line`: mixed separators, odd spellings, and the wording of the error.
"""

from __future__ import annotations

import io
import math
import re

import numpy as np

from siou_tracking.benchmarks.files.plain_numbers import PLAIN, parse_plain
from siou_tracking.errors import InputError

_BLOCK = 1 << 18  # bytes
_BOM = b"\xef\xbb\xbf"
_REGULAR = b"0123456789.,-+eEnaN \t\n"  # with these, numpy's reader and `_by_line` understand the same files
_SPLIT = re.compile(r"[ \t]*[,;][ \t]*|[ \t]+")
_ROWS = {
    5: "; a frame number or a score beside the box?",
    8: "; the corners of a polygon?",
    10: "; rows of a multi-object result?",
}
# No two parts of it can take the same digits: else a long row of them takes a time that grows with its square.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|nan)", re.IGNORECASE | re.ASCII)
_LONGEST_ROW = 1 << 16
"""Characters of a row that is read one by one, of which a million fields would be made."""


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
    if columns and not text.translate(None, PLAIN):
        table = _plain_blocks(text, columns)
        if table is not None:
            return table
    text = text.rstrip()
    if text and not text.translate(None, _REGULAR):
        delimiter = "," if b"," in text.partition(b"\n")[0] else None
        # A StringIO is the quicker one on small files, and takes four bytes a letter.
        lines = io.StringIO(text.decode("ascii")) if len(text) < _BLOCK else io.TextIOWrapper(io.BytesIO(text), "ascii")
        try:
            table = np.loadtxt(lines, delimiter=delimiter, comments=None, ndmin=2)
        except ValueError:
            table = None
        if table is not None and (table.shape[1] == columns or not columns) and not np.isinf(table).any():
            return table
    return _by_line(data, columns, where)


def _plain_blocks(text: bytes, columns: int) -> np.ndarray | None:
    """`parse_plain` of whole lines at a time that fit the processor's cache, a quarter of the time on megabytes."""
    blocks, start = [], 0
    while start < len(text):
        end = text.find(b"\n", start + _BLOCK) + 1 or len(text)
        block = parse_plain(text[start:end], columns)
        if block is None:
            return None
        blocks.append(block)
        start = end
    return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]


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
    for line, content in enumerate(io.BytesIO(data), 1):  # one at a time: texts take more memory than their bytes
        row = content.decode("latin-1").strip(" \t\n")
        if not row:
            continue
        if len(row) > _LONGEST_ROW:
            raise InputError(f"{where}:{line}: got a row of {len(row):,} characters, allowed are {_LONGEST_ROW:,}")
        fields = _SPLIT.split(row)
        columns = columns or len(fields)
        for field in fields:
            if not _NUMBER.fullmatch(field):
                raise InputError(f"{where}:{line}: got {_shown(field)}, a number is expected")
        if len(fields) != columns:
            hint = _ROWS.get(len(fields), "") if columns == 4 else ""
            raise InputError(f"{where}:{line}: {len(fields)} numbers in {_shown(row)}, {columns} expected{hint}")
        values = [float(field) for field in fields]
        if any(map(math.isinf, values)):
            raise InputError(f"{where}:{line}: {_shown(row)} holds a number too large for a box")
        rows.append(values)
    return np.array(rows, np.float64).reshape(len(rows), columns)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
