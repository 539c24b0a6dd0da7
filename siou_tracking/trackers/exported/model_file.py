"""What an exported tracker's file says of itself, read from its bytes: neither torch nor onnx is needed.

An ONNX file is one protobuf message, a row of fields with their lengths; names and values of its metadata are field 14
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). All other fields are passed over unread.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO  # Any: what JSON may hold

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import why_no_file

FORMAT = "siou-tracking exported tracker 2"
"""Value of the name "format" in the metadata."""
_METADATA, _GRAPH = 14, 7
_MOST_FIELDS, _MOST_BYTES = 1000, 1_000_000
"""Of a file's outermost message, and of its metadata."""


@dataclasses.dataclass(frozen=True)
class ExportedInfo:
    """The metadata of an exported tracker."""

    tracker: str
    """Name, such as "atom"."""
    param: str
    """Name of the parameters."""
    parameters: Mapping[str, Any]
    """Their values."""
    steps: Mapping[str, Mapping[str, list[str]]]
    """Names of the graphs, in the order of their numbers; of each the names of "inputs" and "outputs"."""
    box_loss: str
    version: str
    """Of siou-tracking."""
    checkpoint: str
    """Name of the file that was exported."""
    sha256: str
    """Its hash."""

    def to_metadata(self) -> dict[str, str]:
        """Names and values for the file, all of them text."""
        values = dataclasses.asdict(self)
        return {"format": FORMAT} | {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()
        }


def read_info(path: str | os.PathLike[str]) -> ExportedInfo:
    """What the file at `path` says of itself.

    Raises:
        InputError: not there, not an ONNX model, or not one that `siou-tracking export` wrote.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"onnx: {path}: {why_no_file(path)}: allowed is a file written by siou-tracking export")
    try:
        with place.open("rb") as file:
            metadata = _read_metadata(file, place.stat().st_size)
    except (_NoModel, UnicodeDecodeError):
        raise InputError(
            f"onnx: {path}: got no ONNX model, allowed is a file written by siou-tracking export"
        ) from None
    if metadata.get("format") != FORMAT:
        other = metadata.get("format", "").startswith(FORMAT[:-1])
        got = f"'{metadata['format'][:60]}'" if other else "another ONNX model"
        raise InputError(f"onnx: {path}: got {got}, allowed is a file written by siou-tracking export ('{FORMAT}')")
    try:
        return _to_info(metadata)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"onnx: {path}: damaged: its metadata are not those that siou-tracking export writes"
        ) from None


def _to_info(metadata: Mapping[str, str]) -> ExportedInfo:
    parameters, steps = json.loads(metadata["parameters"]), json.loads(metadata["steps"])
    if not isinstance(parameters, dict) or not all(set(step) == {"inputs", "outputs"} for step in steps.values()):
        raise ValueError
    plain = {
        field.name: metadata[field.name]
        for field in dataclasses.fields(ExportedInfo)
        if field.name not in ("parameters", "steps")
    }
    return ExportedInfo(parameters=parameters, steps=steps, **plain)


class _NoModel(Exception):
    """The bytes are not those of an ONNX model."""


def _read_metadata(file: BinaryIO, size: int) -> dict[str, str]:
    found: dict[str, str] = {}
    fields = set()
    for number, length in _fields(file, size):
        fields.add(number)
        if number != _METADATA:
            file.seek(length, os.SEEK_CUR)
            continue
        end = file.tell() + length
        if length > _MOST_BYTES:
            raise _NoModel
        entry = {part: file.read(count).decode() for part, count in _fields(file, end)}
        found[entry.get(1, "")] = entry.get(2, "")
    if _GRAPH not in fields:
        raise _NoModel
    return found


def _fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Number and length of each field up to a place in the file; the caller moves on by the length."""
    for _ in range(_MOST_FIELDS):
        if file.tell() == end:
            return
        tag = _read_varint(file)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            _read_varint(file)
            continue
        length = _read_varint(file) if kind == 2 else {1: 8, 5: 4}.get(kind, end + 1)
        if number == 0 or file.tell() + length > end:
            raise _NoModel
        yield number, length
    raise _NoModel


def _read_varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
    raise _NoModel
