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
from collections.abc import Callable, Sequence

import numpy as np

from siou_tracking.benchmarks.one_pass import curves
from siou_tracking.benchmarks.protocol import Protocol

_ROUNDING = 1.0 + 1e-6
"""Pixels."""
_FORM_SLACK = 2.0 + 1e-6
"""Pixels; a corner form may count the first pixel from 0 and the last one inclusively."""
_ONE_PIXEL = np.array([1.0, 1.0, 0.0, 0.0])
_OVERLAP_RULES = Protocol(benchmark="", name="", source="", last_pixel="x+w", overlap_range="clamped")

FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "x1,y1,x2,y2": lambda r: np.hstack((r[:, :2], r[:, 2:] - r[:, :2])),
    "cx,cy,w,h": lambda r: np.hstack((r[:, :2] - r[:, 2:] / 2, r[:, 2:])),
    "y,x,h,w": lambda r: r[:, [1, 0, 3, 2]],
    "y1,x1,y2,x2": lambda r: np.hstack((r[:, [1, 0]], r[:, [3, 2]] - r[:, [1, 0]])),
}
"""Other forms that a box is written in -> (n, 4) rows of it as x, y, w, h."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """What row 1 of one sequence would be right as."""

    words: str
    """Such as "x1,y1,x2,y2"; equal words are counted together."""
    whole_file: bool = False
    """The rows after it have the same form."""
    overlaps: tuple[float, float] | None = None
    """Mean overlap with the truth as it stands, and read so."""


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
        self._from_zero = self._from_one = 0

    def add(self, files: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> None:
        """Look at some files.

        Args:
            files: name of the sequence, (n, 4) xywh of the result, as many rows as it has and at least one, and (m, 4)
                xywh of the annotation.
        """
        if not files:
            return
        found, given = np.array([boxes[0] for _, boxes, _ in files]), np.array([truth[0] for _, _, truth in files])
        usable = (given[:, 2:] > 0).all(axis=1)
        offset = found - given
        off = usable & ~(np.abs(offset).max(axis=1) <= _ROUNDING)
        self._checked += int(usable.sum())
        near = offset[usable & ~off]
        self._from_zero += int((np.abs(near + _ONE_PIXEL).max(axis=1) < 0.05).sum())
        self._from_one += int((np.abs(near - _ONE_PIXEL).max(axis=1) < 0.05).sum())
        if off.any():
            overlaps = _overlap(found, given)
            self._odd += [
                _Odd(*file, overlap) for file, overlap, is_off in zip(files, overlaps, off, strict=True) if is_off
            ]

    def doubts(self, protocol: Protocol) -> list[str]:
        """A line on the rows that are not the given box; none where all are."""
        most_differ = 2 * len(self._odd) > self._checked
        doubtful = [
            one
            for one in self._odd
            if most_differ or one.overlap < 0.5 or 0 < abs(len(one.boxes) - len(one.truth)) <= 5
        ]
        if doubtful:
            return [self._describe(doubtful, protocol)]
        for count, word, other, sign in ((self._from_zero, 0, 1, "less"), (self._from_one, 1, 0, "plus")):
            if 2 * count > self._checked:
                return [
                    f"row 1 is the given box {sign} 1 in x and y in {count} of {self._checked} sequences: pixels "
                    f"counted from {word} where the annotations count from {other}"
                ]
        return []

    def _describe(self, doubtful: list[_Odd], protocol: Protocol) -> str:
        readings = [explain(one.boxes, one.truth) for one in doubtful]
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
            f"row 1 is not the given box in {len(doubtful)} of {self._checked} sequences: {', '.join(parts)}; such as "
            f"{first.name}: got {_shown(first.boxes[0])}, given {_shown(first.truth[0])}{effect}"
        )


_EFFECT = {
    "replaced": "row 1 itself is not scored here",
    "excluded": "row 1 itself is not scored here",
    "kept": "row 1 is scored as it is here",
}


def explain(boxes: np.ndarray, truth: np.ndarray) -> Reading:
    """What row 1 of a result would be right as.

    Args:
        boxes: (n, 4) xywh of the result file, row 1 of which is not the given box.
        truth: (m, 4) xywh; row 1 is the given box.
    """
    row, given = boxes[:1], truth[:1]
    shift = find_shift(boxes, truth)
    for words, convert in FORMS.items():
        if np.abs(convert(row) - given).max() <= _FORM_SLACK:
            return _with_evidence(f"the box as {words}", boxes, convert(boxes), truth)
    if shift < 0:
        return _shifted(f"{_rows(-shift)} too many before the given box", shift, boxes, truth)
    if np.isnan(row).any() or np.isin(row, (-1, 0, 1)).all():
        return Reading(f"a placeholder ({_shown(row[0])})")
    if (row >= 0).all() and (row <= 1).all():
        return _as_fractions(boxes, truth)
    if shift:
        return _shifted(f"the box of frame {shift + 1}, the first {_frames(shift)} missing,", shift, boxes, truth)
    scale = _scale(row, given)
    if scale is not None:
        words = f"the box in an image {scale[0]:.3g} times as wide and {scale[1]:.3g} times as high"
        read = _with_evidence(words, boxes, boxes / np.tile(scale, 2), truth)
        if read.whole_file:  # boxes that are a little off have some scale, too
            return read
    return Reading("nothing known")


def find_shift(boxes: np.ndarray, truth: np.ndarray) -> int:
    """Frames that a result begins after the annotation; negative where it begins before, 0 where it begins with it.

    Args:
        boxes: (n, 4) xywh, at least one row.
        truth: (m, 4) xywh.
    """

    def is_given(row: int) -> bool:
        return row < len(boxes) and np.abs(boxes[row] - truth[0]).max() <= _ROUNDING

    missing = len(truth) - len(boxes)
    if is_given(0):
        return 0
    if missing < 0 and is_given(-missing):
        return missing
    later = {shift for shift in (1, missing) if 0 < shift < len(truth)}
    fits = {shift: _shifted_overlap(boxes, truth, shift) for shift in (*later, *([-1] if is_given(1) else []))}
    best = max(fits, key=lambda shift: fits[shift], default=0)
    more = 0.0 if best == missing else 0.05  # where no row is missing, the overlaps alone have to tell
    return best if best and fits[best] > max(_shifted_overlap(boxes, truth, 0) + more, 0.1) else 0


def describe_shift(shift: int) -> str:
    """What `find_shift` found, to end a sentence about numbers of rows; empty for 0."""
    if not shift:
        return ""
    if shift < 0:
        return f", but row {1 - shift} is the given box: it has {_rows(-shift)} too many at its start"
    return f", but row 1 fits frame {shift + 1}: it lacks the first {_frames(shift)}"


def _shifted(words: str, shift: int, boxes: np.ndarray, truth: np.ndarray) -> Reading:
    overlaps = _shifted_overlap(boxes, truth, 0), _shifted_overlap(boxes, truth, shift)
    return Reading(words, whole_file=True, overlaps=overlaps)


def _shifted_overlap(boxes: np.ndarray, truth: np.ndarray, shift: int) -> float:
    """Mean overlap of a result that begins so many frames after the annotation."""
    return _mean_overlap(boxes[max(-shift, 0) :], truth[max(shift, 0) :])


def _as_fractions(boxes: np.ndarray, truth: np.ndarray) -> Reading:
    """Of the image size, which is found from the given box itself where the digits suffice."""
    for words, convert in {"x,y,w,h": lambda r: r, **FORMS}.items():
        size = _scale(convert(boxes[:1]), truth[:1])
        if size is not None:
            read = convert(boxes) / np.tile(size, 2)
            return _with_evidence(f"the box in fractions of the image size, {words},", boxes, read, truth)
    return Reading("fractions of the image size")


def _scale(row: np.ndarray, given: np.ndarray) -> np.ndarray | None:
    """(2,) factors that make `given` to `row`; None where no two do, or they are nearly 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale: np.ndarray = row[0, 2:] / given[0, 2:]
        corner = row[0, :2] / scale
    good = np.isfinite(corner).all() and (scale > 0).all() and (np.abs(np.log(scale)) > 0.05).any()
    slack = np.maximum(_FORM_SLACK, 0.02 * np.abs(given[0, :2]))
    return scale if good and (np.abs(corner - given[0, :2]) <= slack).all() else None


def _with_evidence(words: str, boxes: np.ndarray, read: np.ndarray, truth: np.ndarray) -> Reading:
    """Whether the rows after the first fit better when they are read so, too."""
    if min(len(boxes), len(truth)) < 2:
        return Reading(words, whole_file=True)
    overlaps = _mean_overlap(boxes[1:], truth[1:]), _mean_overlap(read[1:], truth[1:])
    if overlaps[1] > overlaps[0]:
        return Reading(words, whole_file=True, overlaps=overlaps)
    return Reading(f"{words} in row 1 alone")


def _mean_overlap(boxes: np.ndarray, truth: np.ndarray) -> float:
    return float(np.nan_to_num(_overlap(boxes, truth)).mean())


def _overlap(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(k,) overlaps of the rows that both have; NaN where a box is none."""
    rows = min(len(boxes), len(truth))
    with np.errstate(all="ignore"):
        return curves.overlap(curves.planes(boxes[:rows]), curves.planes(truth[:rows]), _OVERLAP_RULES)


def _shown(box: np.ndarray) -> str:
    return ",".join(f"{value:.4g}" for value in box)


def _frames(count: int) -> str:
    return "frame" if count == 1 else f"{count} frames"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
