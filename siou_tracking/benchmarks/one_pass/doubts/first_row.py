"""Whether row 1 of each result is the box that the tracker was given, and what it would be right as where it is not.

Every one-pass protocol starts from a given box, and result files repeat it in row 1. A file whose row 1 is another box
is in another format, lacks its first frame, or belongs to other data: its score is a number about something else.

A row within a pixel of the given box is that box (rounding; trackers that resize the image move it a little more, so a
row that overlaps it by half is only in doubt where most rows of the tracker differ). Rows 2 and on tell whether the
whole file has the form that row 1 has, or row 1 alone.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np

from siou_tracking.benchmarks.one_pass.doubts.readings import ROUNDING, overlap, read_all, shown
from siou_tracking.benchmarks.protocol import Protocol

_ONE_PIXEL = np.array([1.0, 1.0, 0.0, 0.0])
_EFFECT = {
    "replaced": "row 1 itself is not scored here",
    "excluded": "row 1 itself is not scored here",
    "kept": "row 1 is scored as it is here",
}


@dataclasses.dataclass
class _Odd:
    """A sequence whose row 1 is not within a pixel of the given box."""

    name: str
    boxes: np.ndarray
    truth: np.ndarray
    overlap: float


class FirstRows:
    """The first rows of one tracker's results beside the given boxes, block after block."""

    def __init__(self) -> None:
        self._checked = 0
        self._odd: list[_Odd] = []
        self._one_less = self._one_more = 0
        self._names: set[str] = set()

    def add(self, files: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> None:
        """Look at some files.

        Args:
            files: name of the sequence, (n, 4) xywh of the result, as many rows as it has and at least one, and (m, 4)
                xywh of the annotation.
        """
        if not files:
            return
        found, given = np.array([boxes[0] for _, boxes, _ in files]), np.array([truth[0] for _, _, truth in files])
        self._names.update(name for name, _, _ in files)
        if np.array_equal(found, given):
            self._checked += len(files)
            return
        usable = (given[:, 2:] > 0).all(axis=1)
        offset = found - given
        off = usable & ~(np.abs(offset).max(axis=1) <= ROUNDING)
        self._checked += int(usable.sum())
        near = offset[usable & ~off]
        self._one_less += int((np.abs(near + _ONE_PIXEL).max(axis=1) < 0.05).sum())
        self._one_more += int((np.abs(near - _ONE_PIXEL).max(axis=1) < 0.05).sum())
        if off.any():
            overlaps = overlap(found, given)
            self._odd += [
                _Odd(*file, overlap) for file, overlap, is_off in zip(files, overlaps, off, strict=True) if is_off
            ]

    def doubts(self, protocol: Protocol) -> list[str]:
        """A line on the rows that are not the given box; none where all are."""
        most_differ = 2 * len(self._odd) > self._checked
        doubtful = [
            one
            for one in self._odd
            if most_differ or not one.overlap >= 0.5 or 0 < abs(len(one.boxes) - len(one.truth)) <= 5
        ]
        if doubtful:
            return [self._describe(doubtful, protocol)]
        for count, sign, word in ((self._one_less, "-", "less"), (self._one_more, "+", "more")):
            if 2 * count > self._checked:
                return [
                    f"row 1 is the given box {sign} 1 in x and y in {count} of {self._counted()}: its pixels are "
                    f"counted from one {word} than the annotations'"
                ]
        return []

    def _counted(self) -> str:
        """What was checked; several runs on one sequence are several files."""
        return f"{self._checked} {'files' if self._checked > len(self._names) else 'sequences'}"

    def _describe(self, doubtful: list[_Odd], protocol: Protocol) -> str:
        readings = read_all([(one.boxes, one.truth) for one in doubtful])
        parts = []
        for (words, whole), count in Counter((r.words, r.whole_file) for r in readings).most_common():
            known = [r.overlaps for r in readings if (r.words, r.whole_file) == (words, whole) and r.overlaps]
            part = f"{words} in {count}"
            if whole and known:
                stands, read = np.mean(known, axis=0)
                part += f" (mean overlap {stands:.2f} as it stands, {read:.2f} so read)"
            parts.append(part)
        first = doubtful[0]
        effect = "" if any(r.whole_file for r in readings) else f"; {_EFFECT[protocol.first_frame]}"
        return (
            f"row 1 is not the given box in {len(doubtful)} of {self._counted()}: {', '.join(parts)}; such as "
            f"{first.name}: got {shown(first.boxes[0])}, given {shown(first.truth[0])}{effect}"
        )
