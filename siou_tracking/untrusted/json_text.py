"""JSON from strangers: bounded in length, depth and digits, and refused in one way whatever is wrong with it."""

from __future__ import annotations

import json
import os
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import MIB, read_input

JSON_LIMIT = 128 * MIB
"""Bytes: pysot's annotation of the largest test set, TNL2K, has 30 MB, and a score file of 200 trackers on it 80 MB."""
VALUES = 1 << 25
"""Values in a text, each of which takes up to 100 bytes of memory: TNL2K's annotation has 7 million."""
DEPTH = 64
"""Lists and objects inside one another: score files have 6."""
DIGITS = 300
"""Of a number: more are beyond a float64, and take Python a time that grows with their square."""
_NO_DIGIT = bytes(code if chr(code).isdigit() else 32 for code in range(128)) + b" " * 128
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CONTAINERS = (dict, list)


def parse_json(data: bytes, where: str, constants: bool = True) -> Any:
    """The value that a text of JSON says.

    Args:
        data: its bytes.
        where: names it in the error.
        constants: whether NaN and Infinity, which JSON does not have, are numbers.

    Raises:
        InputError: not JSON, with the line; nested too deep, too many values or digits, or half of a character.
    """
    encoding = json.detect_encoding(data)
    try:
        if encoding != "utf-8":
            data = data.decode(encoding).encode()
        if fault := _beyond_limits(data):
            raise InputError(f"{where}: not JSON: {fault}")
        # Python's own reader of whole numbers is quicker by far; a long row of digits is mostly a text of flags.
        whole = _short_int if b"0" * DIGITS in data.translate(_NO_DIGIT).translate(_ZEROS) else None
        value = json.loads(data, parse_constant=None if constants else _no_constant, parse_int=whole)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}:{error.lineno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise InputError(f"{where}: not JSON: {_too_deep('more')}") from error
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{where}: not JSON: {error}") from error
    if _bracket_depth(data) > DEPTH and not _is_shallow(value):  # brackets in texts count in the first
        raise InputError(f"{where}: not JSON: {_too_deep('more')}")
    if b"\\u" in data and (half := _half_character(value)):
        raise InputError(f"{where}: not JSON: got half of a character in {half!a}")
    return value


def read_json_input(
    path: str | os.PathLike[str], what: str = "", limit: int = JSON_LIMIT, constants: bool = True
) -> Any:
    """`parse_json` of a regular file of at most `limit` bytes; the error begins with `what`.

    Raises:
        InputError: as `read_input` and `parse_json`.
    """
    where = f"{what}: {path}" if what else f"{path}"
    return parse_json(read_input(path, what, limit), where, constants)


def _beyond_limits(data: bytes) -> str:
    """Which limit a text exceeds, told without reading it; empty for none."""
    if len(data) > JSON_LIMIT:
        return f"got {len(data):,} bytes, allowed are {JSON_LIMIT:,}"
    values = data.count(b",") + data.count(b"[") + data.count(b"{")
    if values > VALUES:
        return f"got {values:,} values, allowed are {VALUES:,}"
    return ""


def _bracket_depth(data: bytes) -> int:
    brackets = np.frombuffer(data.translate(None, _BUT_BRACKETS), np.uint8)
    opened = (brackets == ord("[")) | (brackets == ord("{"))
    return int(np.cumsum(np.where(opened, np.int32(1), np.int32(-1))).max(initial=0))


def _too_deep(got: str) -> str:
    return f"got {got} lists and objects inside one another, allowed are {DEPTH}"


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH + 1):
        if not level:
            return True
        level = [inner for one in level for inner in _inside(one) if isinstance(inner, _CONTAINERS)]
    return False


def _inside(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _half_character(value: Any) -> str:
    """A text with half of a surrogate pair, which no file and no screen takes; empty where there is none."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if any("\ud800" <= letter <= "\udfff" for letter in one):
                return one[:40]
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
    return ""


def _short_int(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"got a number of {len(digits):,} digits, allowed are {DIGITS}")
    return int(digits)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
