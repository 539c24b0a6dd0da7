"""Tables of plainly spelled numbers (12, -3.5, .25) with one separator between them: all digits of a file at once.

A number is its digits as one integer over a power of ten. Both are exact in the type that divides them and division
rounds correctly, so the quotient is the nearest float64: what Python's `float` gives. Up to 15 digits this is float64's
own division. Up to 18 it is done in the processor's 80-bit type, whose result is rounded a second time; the one case in
about 2,000 where that could go wrong, a result half-way between two float64, is divided by Python.
"""

from __future__ import annotations

import numpy as np

PLAIN = b"0123456789.-,\t \n"
"""All the bytes that such a table may have."""
_DOT, _MINUS, _NEWLINE, _ZERO = (np.uint8(ord(letter)) for letter in ".-\n0")
_FLOAT64_DIGITS, _MOST_DIGITS = 15, 18
_INT_TENS = 10 ** np.arange(_MOST_DIGITS + 1, dtype=np.int64)
_TENS = _INT_TENS.astype(np.float64)
_LONG_TENS = _INT_TENS.astype(np.longdouble)
# x86's long double: a 64-bit mantissa in the first 8 of 16 bytes
_HAS_LONG = np.finfo(np.longdouble).nmant == 63 and np.dtype(np.longdouble).itemsize == 16
_EXTRA_BITS, _HALF_WAY = np.uint64(0x7FF), np.uint64(0x400)


def parse_plain(text: bytes, columns: int) -> np.ndarray | None:
    """(n, columns) float64, each equal to Python's `float` of its text; None for whatever is spelled differently.

    Args:
        text: of the bytes in `PLAIN` only, neither starting nor ending with white space but for one last newline.
        columns: numbers in a row.
    """
    raw = np.frombuffer(text, np.uint8)
    has_dots = b"." in text
    ends = np.flatnonzero((raw < _MINUS) | (raw == _DOT) if has_dots else raw < _MINUS)  # of whole and decimal parts
    if has_dots:
        is_dot = raw[ends] == _DOT
        closing = np.flatnonzero(~is_dot)  # the parts that end a number
    newline = raw[ends[closing] if has_dots else ends] == _NEWLINE
    if len(newline) != np.count_nonzero(newline) * columns or not newline[columns - 1 :: columns].all():
        return None
    signed = _signed_parts(text, raw, ends)
    if signed is None:
        return None
    width = np.empty_like(ends)  # digits of each part
    width[0] = ends[0]
    np.subtract(ends[1:], ends[:-1] + 1, out=width[1:])
    width[signed] -= 1
    whole = _part_values(raw, ends, width)
    if whole is None:
        return None
    if has_dots:
        negative, values = np.searchsorted(closing, signed), _with_decimals(whole, width, is_dot, closing)
    else:
        negative, values = signed, whole.astype(np.float64, copy=False) if width.all() else None
    if values is None:
        return None
    values[negative] = -values[negative]
    return values.reshape(-1, columns)


def _signed_parts(text: bytes, raw: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """Which parts start with a minus sign; None where one stands anywhere but at the start of a number."""
    if b"-" not in text:
        return np.empty(0, int)
    signs = np.flatnonzero(raw == _MINUS)
    if (raw[signs[signs > 0] - 1] >= _MINUS).any():
        return None
    return np.searchsorted(ends, signs)


def _part_values(raw: np.ndarray, ends: np.ndarray, width: np.ndarray) -> np.ndarray | None:
    """The integer that the last `width` digits before each of `ends` spell; None for too long a one."""
    longest = int(width.max(initial=0))
    if longest > _MOST_DIGITS:
        return None
    digit = raw - _ZERO  # what is no digit wraps around and becomes large
    is_digit = (digit <= 9).view(np.uint8)
    pairs = digit * is_digit  # at every byte, the number that the two digits ending there spell
    pairs[1:] += pairs[:-1] * is_digit[1:] * np.uint8(10)
    whole = np.zeros(len(ends), np.float64 if longest <= _FLOAT64_DIGITS else np.int64)
    for place in range((longest - 1) // 2 * 2, -1, -2):
        whole *= 100
        part = pairs.take(ends - (1 + place), mode="clip")
        whole += part * (width > place)
    return whole


def _with_decimals(whole: np.ndarray, width: np.ndarray, is_dot: np.ndarray, closing: np.ndarray) -> np.ndarray | None:
    """Numbers from their parts; None where one has no digit, too many, or two dots."""
    if (is_dot[1:] & is_dot[:-1]).any():
        return None
    has_dot = is_dot[closing - 1]  # the first number's neighbor is the last newline, no dot
    before = closing - has_dot
    decimals = width[closing] * has_dot
    digits = width[before] + decimals
    most = int(digits.max(initial=0))
    if not digits.all() or most > (_MOST_DIGITS if _HAS_LONG else _FLOAT64_DIGITS):
        return None
    if most <= _FLOAT64_DIGITS:
        values: np.ndarray = (whole[before] * _TENS[decimals] + whole[closing] * has_dot) / _TENS[decimals]
        return values
    whole = whole.astype(np.int64, copy=False)
    return _long_division(whole[before] * _INT_TENS[decimals] + whole[closing] * has_dot, decimals)


def _long_division(whole: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    """Nearest float64 of `whole` over 10 to the power of `decimals`, for at most 18 digits."""
    quotient = whole.astype(np.longdouble) / _LONG_TENS[decimals]
    values: np.ndarray = quotient.astype(np.float64)
    half_way = (quotient.view(np.uint64)[::2] & _EXTRA_BITS) == _HALF_WAY
    for index in np.flatnonzero(half_way):
        values[index] = int(whole[index]) / 10 ** int(decimals[index])
    return values
