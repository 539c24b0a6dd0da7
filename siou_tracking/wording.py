"""How errors, notes and tables tell names and numbers: the first of many, ranges, and one that is taken."""

from __future__ import annotations

import itertools
from collections.abc import Container, Sequence

import numpy as np

_SHOWN = 8


def listed(names: Sequence[str], shown: int = _SHOWN) -> str:
    """The first few names, and how many more there are."""
    return ", ".join(names[:shown]) + _more(len(names) - shown)


def list_ranges(numbers: Sequence[int] | np.ndarray, shown: int = _SHOWN) -> str:
    """'12-14, 18' for [12, 13, 14, 18]: ascending numbers, the first few ranges of them."""
    numbers = np.asarray(numbers)
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    words = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    return ", ".join(words[:shown]) + _more(len(words) - shown)


class Ranges:
    """`list_ranges` of numbers that come one by one; only the first few ranges are kept, however many there are."""

    def __init__(self, shown: int = _SHOWN) -> None:
        self.count = 0
        """Numbers so far."""
        self._shown, self._number = shown, 0
        self._first: list[list[int]] = []
        self._latest = [0, -1]

    def add(self, number: int) -> None:
        """The next number, higher than those before."""
        self.count += 1
        if number == self._latest[1] + 1 and self._number:
            self._latest[1] = number
            return
        self._latest = [number, number]
        self._number += 1
        if self._number <= self._shown:
            self._first.append(self._latest)

    def __str__(self) -> str:
        words = [f"{low}-{high}" if high > low else f"{low}" for low, high in self._first]
        return ", ".join(words) + _more(self._number - len(words))


def unused_name(name: str, taken: Container[str]) -> str:
    """The name, or "name (2)" and so on where it is taken."""
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
