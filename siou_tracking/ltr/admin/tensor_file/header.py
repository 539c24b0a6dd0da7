"""The header of a safetensors file: eight bytes that say how long it is, JSON, then the tensors without a gap.

The rules are those of github.com/huggingface/safetensors, its refusals included: a file is read whole or not at all,
and nothing in a header makes the reader allocate more than the file holds.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO  # Any: what JSON may hold

import torch

from siou_tracking.errors import InputError
from siou_tracking.untrusted.names import printable

LIMIT = 100_000_000
"""Bytes of a header, at most, as in the format's own reader."""
DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U64": torch.uint64,
    "U32": torch.uint32,
    "U16": torch.uint16,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "C64": torch.complex64,
}
_METADATA = "__metadata__"
_LENGTH = 8


@dataclasses.dataclass(frozen=True)
class Entry:
    """One tensor of a file."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    start: int
    """First byte, counted from the end of the header."""
    end: int


@dataclasses.dataclass(frozen=True)
class Header:
    """What a file says of itself."""

    tensors: dict[str, Entry]
    """In the order of the header."""
    metadata: dict[str, str]
    data_start: int
    """Where the tensors begin, in bytes from the start of the file."""


def read_header(file: BinaryIO, path: Path) -> Header:
    """The header of a file opened for reading, checked against the file's size; `path` is for the message.

    Raises:
        InputError: cut short, too long, no such header, or tensors that do not lie in the file one after another.
    """
    size = os.fstat(file.fileno()).st_size
    length, longest = int.from_bytes(file.read(_LENGTH), "little"), min(LIMIT, size - _LENGTH)
    if length > longest or size < _LENGTH:
        fault = f"got a header of {length:,} bytes in a file of {size:,}, allowed: at most {max(longest, 0):,}"
        raise _refusal(path, f"no safetensors file, or cut short: {fault}")
    content = _parse(file.read(length), path)
    metadata = content.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _refusal(path, f"{_METADATA}: expected texts by name")
    header = Header({name: _entry(name, value, path) for name, value in content.items()}, metadata, _LENGTH + length)
    _check_places(header, size - header.data_start, path)
    return header


def encode_header(tensors: Mapping[str, Entry], metadata: Mapping[str, str]) -> bytes:
    """The beginning of a file, up to its first tensor, a multiple of eight bytes long."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    content: dict[str, Any] = {_METADATA: dict(metadata)} | {
        name: {"dtype": names[entry.dtype], "shape": entry.shape, "data_offsets": (entry.start, entry.end)}
        for name, entry in tensors.items()
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")
    text += b" " * (-len(text) % _LENGTH)
    if len(text) > LIMIT:
        raise InputError(f"safetensors: header: got {len(text):,} bytes, allowed: {LIMIT:,}")
    return len(text).to_bytes(_LENGTH, "little") + text


def _parse(text: bytes, path: Path) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name is there twice")
        return found

    def no_number(text: str) -> None:
        raise ValueError(f"{text} is no JSON")

    try:
        content = json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise _refusal(path, f"its header cannot be read ({printable(str(error))})") from error
    if not isinstance(content, dict):
        raise _refusal(path, "its header has no names")
    return content


def _entry(name: str, value: object, path: Path) -> Entry:
    try:
        assert isinstance(value, dict)
        dtype, shape, (start, end) = DTYPES[value["dtype"]], value["shape"], value["data_offsets"]
        assert isinstance(shape, list)
        assert all(type(number) is int and number >= 0 for number in (*shape, start, end))
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise _refusal(
            path,
            f"tensor {printable(name)}: got {printable(str(value))[:120]}, "
            f"expected dtype (one of {', '.join(DTYPES)}), shape and data_offsets",
        ) from error
    entry = Entry(dtype, tuple(shape), start, end)
    needed = math.prod(shape) * dtype.itemsize
    if end - start != needed:
        raise _refusal(path, f"tensor {printable(name)}: got {end - start} bytes, expected {needed} for shape {shape}")
    return entry


def _check_places(header: Header, data: int, path: Path) -> None:
    """Tensors follow one another without gap or overlap and fill the file, so that no byte means two things or none."""
    place = 0
    for name, entry in sorted(header.tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if entry.start != place:
            raise _refusal(path, f"tensor {printable(name)}: begins at byte {entry.start}, expected {place}")
        place = entry.end
    if place != data:
        more = "cut short" if place > data else "with more behind it"
        raise _refusal(path, f"{more}: got {data:,} bytes of tensors, expected {place:,}")


def _refusal(path: Path, fault: str) -> InputError:
    return InputError(f"checkpoint {path}: {fault}")
