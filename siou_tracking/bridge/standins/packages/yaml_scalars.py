"""The values of YAML's plain scalars as PyYAML resolves them (YAML 1.1, https://yaml.org/type/)."""

from __future__ import annotations

import re

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE, _FALSE = {"yes", "true", "on"}, {"no", "false", "off"}
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BY_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_ESCAPES = {"\\": "\\", '"': '"', "/": "/", "n": "\n", "t": "\t", "0": "\0", " ": " "}

Scalar = str | int | float | bool | None


def resolve(text: str) -> Scalar:
    """The value of a plain scalar. `1e-4`, which has no point, is a text, as it is to PyYAML.

    Raises:
        ValueError: a kind that is not read here; says which.
    """
    if text in _NULL:
        return None
    if text.lower() in _TRUE | _FALSE and text in (text.lower(), text.capitalize(), text.upper()):
        return text.lower() in _TRUE
    if _INTEGER.fullmatch(text):
        return _read_integer(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", "").lower())
    if _BY_SIXTIES.fullmatch(text) or _DATE.fullmatch(text):
        raise ValueError("a time or a date")
    if text[0] in "&*!|>%@`?" or text in ("<<", "="):
        raise ValueError(f"'{text[0]}' of YAML's larger language")
    return text


def _read_integer(digits: str) -> int:
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("-+")
    for prefix, base in (("0b", 2), ("0x", 16), ("0", 8)):
        if digits.startswith(prefix) and digits != "0":
            return sign * int(digits.removeprefix(prefix), base)
    return sign * int(digits)


def unquote(text: str) -> str:
    """What stands in a quoted scalar of one line, quotes included.

    Raises:
        ValueError: an escape that is not read here.
    """
    body = text[1:-1]
    if text[0] == "'":
        return body.replace("''", "'")
    result, characters = [], iter(body)
    for character in characters:
        if character == "\\":
            escaped = next(characters)
            if escaped not in _ESCAPES:
                raise ValueError(f"the escape \\{escaped}")
            character = _ESCAPES[escaped]
        result.append(character)
    return "".join(result)
