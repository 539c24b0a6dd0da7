"""Reading what annotations have in common: box files, JSON in pysot's form, and lists of names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks.files.numbers import parse_flags, parse_table
from siou_tracking.errors import InputError
from siou_tracking.untrusted.json_text import read_json_input
from siou_tracking.untrusted.reading import read_input


def find_files(root: Path, *patterns: str) -> list[Path]:
    """Files of the patterns below a folder, sorted, without hidden ones such as macOS's `._name.txt`."""
    found = {path for pattern in patterns for path in root.glob(pattern) if not path.name.startswith(".")}
    return sorted(found)


def read_boxes(path: Path, nan: bool = False) -> np.ndarray:
    """(n, 4) float64 xywh of a ground-truth file; `nan` as for `parse_boxes`.

    Raises:
        InputError: the file cannot be read, or `parse_boxes` refuses it.
    """
    return parse_boxes(read_bytes(path), str(path), nan)


def parse_boxes(data: bytes, where: str, nan: bool = False) -> np.ndarray:
    """(n, 4) float64 xywh from the bytes of a ground-truth file; `where` names it.

    Args:
        data: the file's bytes.
        where: its name, for errors.
        nan: rows of four NaN after the first say that the target cannot be seen (UAV123); no other benchmark has any.

    Raises:
        InputError: it is malformed, empty, or has a box with NaN that no score would count.
    """
    table = parse_table(data, 4, where)
    if not len(table):
        raise InputError(f"{where}: empty, one box a frame is expected")
    return _finite(table, where, nan)


def _finite(boxes: np.ndarray, where: str, nan: bool = False) -> np.ndarray:
    bad = ~np.isfinite(boxes).all(axis=1)
    if nan:
        bad[1:] &= ~np.isnan(boxes[1:]).all(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise InputError(f"{where}: box {row + 1}: got {boxes[row].tolist()}, four finite numbers are expected")
    return boxes


def read_flags(path: Path) -> np.ndarray:
    """(n,) int64 labels of a file."""
    return parse_flags(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: it cannot be read, is no regular file, or has more than `TABLE_LIMIT` bytes.
    """
    return read_input(path)


def read_json(path: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """An annotation file in pysot's form: sequence name -> its fields.

    Raises:
        InputError: not readable, not JSON, or not of that form; a syntax error is given with its line.
    """
    content = read_json_input(path)
    if not isinstance(content, dict) or not content or not all(isinstance(v, dict) for v in content.values()):
        raise InputError(f"{path}: expected an object of sequences, each with gt_rect (pysot's annotation form)")
    return content


def json_boxes(entry: dict[str, Any], name: str, path: str | os.PathLike[str], nan: bool = False) -> np.ndarray:
    """(n, 4) float64 from the field gt_rect (pysot) or gt; `nan` as for `parse_boxes`."""
    return checked_boxes(entry.get("gt_rect", entry.get("gt")), f"{path}: {name}: gt_rect", nan)


def checked_boxes(rows: Any, where: str, nan: bool = False) -> np.ndarray:
    """(n, 4) float64 from nested lists; `nan` as for `parse_boxes`."""
    try:
        boxes = np.array(rows, np.float64)
    except (TypeError, ValueError, OverflowError):
        boxes = np.empty(0)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not len(boxes):
        raise InputError(f"{where}: expected a list of [x, y, w, h], one a frame")
    return _finite(boxes, where, nan)


def json_words(entry: dict[str, Any], field: str) -> tuple[str, ...]:
    """A list of words such as attributes; empty where there is none."""
    value = entry.get(field) or []
    return tuple(str(word) for word in value) if isinstance(value, list) else ()
