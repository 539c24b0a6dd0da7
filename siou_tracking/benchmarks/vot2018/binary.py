"""vot-toolkit's binary trajectories (.bin), which it writes unless `results_binary` is switched off.

Little-endian, unaligned: int16 version 1, uint32 count of rows; each row starts with a byte for its kind: 0 a marker
(uint32), 1 a rectangle (4 float32), 2 a polygon (uint16 count of corners, then x, y float32 each), 3 a mask, 4 a point.
"""

from __future__ import annotations

import struct

import numpy as np

from siou_tracking.errors import InputError

_MARKER, _RECTANGLE, _POLYGON = 0, 1, 2
_NAMES = {3: "mask", 4: "point"}


def parse_trajectory(content: bytes, where: str) -> list[int | list[float]]:
    """Rows of a binary trajectory: a marker, or the 4 numbers of a rectangle or 8 of a quadrilateral.

    Args:
        content: the file's bytes.
        where: its name, for messages.

    Raises:
        InputError: not such a file, cut off, a mask, a point or a polygon without four corners, or numbers that are
            not finite.
    """
    rows: list[int | list[float]] = []
    try:
        version, count = struct.unpack_from("<hI", content)
        if version != 1:
            raise InputError(f"{where}: version {version}, a binary trajectory of version 1 is expected")
        place = 6
        for number in range(1, count + 1):
            kind = content[place]
            if kind == _MARKER:
                rows.append(struct.unpack_from("<I", content, place + 1)[0])
                place += 5
                continue
            corners = struct.unpack_from("<H", content, place + 1)[0] if kind == _POLYGON else 2
            if kind not in (_RECTANGLE, _POLYGON) or (kind == _POLYGON and corners != 4):
                got = f"a polygon of {corners} corners" if kind == _POLYGON else f"a {_NAMES.get(kind, f'kind {kind}')}"
                raise InputError(f"{where}: row {number}: got {got}, allowed are rectangles and four corners")
            place += 1 + 2 * (kind == _POLYGON)
            values = np.frombuffer(content, "<f4", 2 * corners, place).astype(np.float64).tolist()
            if not np.isfinite(values).all():
                raise InputError(f"{where}: row {number}: got {values}, allowed are finite numbers")
            rows.append(values)
            place += 8 * corners
    except (struct.error, IndexError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: cut off after {len(content)} bytes, {len(rows)} rows were whole") from None
    return rows
