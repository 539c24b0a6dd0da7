"""Videos, or folders of pictures, with a table of boxes beside each: NAME.csv for NAME.mp4 or NAME/.

With a header the columns are x, y, w, h and, where they are there, frame, id, label and flag: so a table that
`siou-tracking track --boxes out.csv` wrote, corrected by hand, is one. Without a header each line is a frame's x,y,w,h.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from siou_tracking.conversion.clips import WHOLE_COVER, Clip, Target, find_source, make_target
from siou_tracking.errors import InputError
from siou_tracking.ltr.dataset.annotation_files import read_text
from siou_tracking.media.file_names import natural_key
from siou_tracking.trackers.boxes_file import NOT_FOUND, UNREADABLE

_BOX = ("x", "y", "w", "h")
_NAMES = {"width": "w", "height": "h", "left": "x", "top": "y", "track_id": "id", "class": "label", "category": "label"}
_Row = tuple[str, str, int, np.ndarray, int]
"""Identity, label, frame from 0, xywh, cover."""


def find_tables(folder: Path) -> list[Path]:
    """The tables of a folder, in natural order."""
    found = [path for path in folder.glob("*.csv") if path.is_file() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: natural_key(path.name))


def read_csv_clips(folder: Path, images: Path | None = None, first_frame: int = 1) -> Iterator[Clip]:
    """A clip for each table.

    Args:
        folder: of the tables.
        images: where the videos or the folders of pictures are; None for the same folder.
        first_frame: what the column frame calls the first frame.

    Raises:
        InputError: a table that cannot be read, or without pictures; names file and line.
    """
    for path in find_tables(folder):
        targets = list(_read_targets(path, first_frame))
        if not targets:
            raise InputError(f"{path}: got no box with a width and a height, allowed are x,y,w,h in pixels")
        source = find_source(images or folder, [path.stem], str(path))
        yield Clip(path.stem, source, tuple(targets))


def _read_targets(path: Path, first_frame: int) -> Iterator[Target]:
    rows: dict[str, dict[int, tuple[np.ndarray, int]]] = {}
    labels: dict[str, str] = {}
    for place, (identity, label, frame, box, cover) in enumerate(_read_rows(path, first_frame), 1):
        if frame in rows.setdefault(identity, {}):
            raise InputError(f"{path}: row {place}: frame {frame + first_frame} comes twice for one target")
        rows[identity][frame] = box, cover
        labels.setdefault(identity, label)
    for identity, found in rows.items():
        if (target := make_target(identity, labels[identity], found, str(path))) is not None:
            yield target


def _read_rows(path: Path, first_frame: int) -> Iterator[_Row]:
    lines = list(csv.reader(io.StringIO(read_text(path))))
    while lines and not any(cell.strip() for cell in lines[-1]):
        lines.pop()
    if not lines:
        raise InputError(f"{path}: got an empty file, allowed is a box x,y,w,h a line")
    head = [_NAMES.get(name, name) for name in (cell.strip().lower() for cell in lines[0])]
    titled = set(_BOX) <= set(head)
    if not titled and len(head) != 4:
        raise InputError(
            f"{path}: line 1: got {len(head)} columns without the names x, y, w, h, allowed are these in a header, or "
            "four numbers x,y,w,h"
        )
    columns = {name: head.index(name) for name in head} if titled else {name: at for at, name in enumerate(_BOX)}
    for place, cells in enumerate(lines[1:] if titled else lines):
        where = f"{path}: line {place + 1 + titled}"
        if len(cells) != len(head):
            raise InputError(f"{where}: got {len(cells)} columns, allowed are {len(head)}")

        def cell(name: str, cells: list[str] = cells) -> str:
            return cells[columns[name]].strip() if name in columns else ""

        box = np.array([_number(cell(name) or "nan", where, name) for name in _BOX])
        named = _number(cell("frame"), where, "frame") if cell("frame") else place + first_frame
        if not float(named).is_integer():
            raise InputError(f"{where}: frame: got {named:g}, allowed are whole numbers from {first_frame}")
        cover = 0 if cell("flag") in (NOT_FOUND, UNREADABLE) else WHOLE_COVER
        yield cell("id"), cell("label"), int(named) - first_frame, box, cover


def _number(text: str, where: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.inf
    if np.isinf(value):
        raise InputError(f"{where}: {name}: got '{text}', allowed are numbers")
    return value
