"""What one variable of a MATLAB file announces, looked at before scipy makes anything of it.

scipy unpacks a deflated variable however long it becomes, makes an array of as many cells as are announced, whether
they follow or not, and goes as deep as cells lie in each other. Form of versions 5 to 7.2: "MAT-File Format" by
MathWorks, chapter 1; lengths of matrices within a variable are passed over, as scipy does.
"""

from __future__ import annotations

import math
import struct
import zlib

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import TABLE_LIMIT

MATRICES, DEPTH = 100_000, 20
"""Cells and fields of a variable, and how deep they lie in each other; a result of the OTB toolkit has hundreds."""
_HEAD, _INT8, _MATRIX, _COMPRESSED = 128, 1, 14, 15
_CELL, _STRUCT, _CHAR, _NUMBERS = 1, 2, 4, range(6, 16)
_COMPLEX = 0x0800


def check_variable(data: bytes, wanted: str, where: str) -> list[str]:
    """Refuse a variable that takes much more memory than its bytes; `where` is for the error.

    Args:
        data: of the whole file. Not looked at in version 4, of plain matrices that scipy measures by their bytes, and
            in 7.3, which it does not read.
        wanted: name of the variable. Others are not read, and may be anything.

    Returns:
        Names of all variables; only `wanted` where the file is not looked at.

    Raises:
        InputError: it unpacks to too much, holds too many cells or too deep, or others than cells, structures, texts
            and numbers.
        ValueError, struct.error, zlib.error: damaged.
    """
    if 0 in data[:4] or 2 in data[124:126]:
        return [wanted]
    order = "<" if data[126:128] == b"IM" else ">"
    names, place = [], _HEAD
    while place + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, place)
        part = data[place : place + 8 + size]
        place += 8 + size
        if kind == _COMPRESSED:
            part = zlib.decompressobj().decompress(part[8:], TABLE_LIMIT + 1)
            if len(part) > TABLE_LIMIT:
                raise InputError(f"{where}: got a variable of {TABLE_LIMIT:,} bytes or more, allowed are fewer")
        elif kind != _MATRIX:
            raise ValueError(f"an element of kind {kind}")
        variable = _Variable(part, order, where)
        names.append(variable.name())
        if names[-1] == wanted:
            variable.read()
    return names


class _Variable:
    """A place in the bytes of a variable, which moves on as scipy's reader does."""

    def __init__(self, data: bytes, order: str, where: str) -> None:
        self._data, self._order, self._where = data, order, where
        self._place = self._count = 0

    def name(self) -> str:
        """Name of the variable, from whose start it is read."""
        self._place = 24
        self._element()
        name = self._element().decode("latin-1")
        self._place = 0
        return name

    def read(self, depth: int = 0) -> None:
        """Pass over one matrix and all in it."""
        kind, size = self._numbers(2)
        self._count += 1
        if self._count > MATRICES or depth > DEPTH:
            what = f"cells and fields {DEPTH} deep" if depth > DEPTH else f"{MATRICES:,} cells and fields"
            raise InputError(f"{self._where}: got more than {what}, allowed are no more")
        if kind != _MATRIX:
            raise ValueError(f"an element of kind {kind}")
        if size == 0:
            return
        _, _, flags, _ = self._numbers(4)
        sizes = self._element()
        length = math.prod(struct.unpack(f"{self._order}{len(sizes) // 4}i", sizes))
        self._element()
        self._content(flags & 0xFF, length, bool(flags & _COMPLEX), depth)

    def _content(self, kind: int, length: int, is_complex: bool, depth: int) -> None:
        if kind == _CHAR:
            self._check(length, len(self._element()))
        elif kind in _NUMBERS:
            self._element()
            if is_complex:
                self._element()
        elif kind in (_CELL, _STRUCT):
            fields = 1
            if kind == _STRUCT:
                (width,) = struct.unpack(f"{self._order}i", self._element())
                fields = len(self._element()) // width
            self._check(length, (len(self._data) - self._place) // 8)
            for _ in range(length * fields):
                self.read(depth + 1)
        else:
            allowed = "cells, structures, texts and numbers"
            raise InputError(f"{self._where}: got a matrix of class {kind}, allowed are {allowed}")

    def _check(self, announced: int, most: int) -> None:
        if not 0 <= announced <= most:
            raise InputError(f"{self._where}: got {announced:,} cells or letters announced, the file has {most:,}")

    def _numbers(self, count: int) -> tuple[int, ...]:
        found = struct.unpack_from(f"{self._order}{count}I", self._data, self._place)
        self._place += 4 * count
        return found

    def _element(self) -> bytes:
        """The next one's bytes; one of up to four has them in its own head."""
        head, size = self._numbers(2)
        start = self._place
        if head >> 16:
            start, size = start - 4, head >> 16
        else:
            self._place += size + -size % 8
        if size > len(self._data) - start:
            raise ValueError("unexpected end of data")
        return self._data[start : start + size]
