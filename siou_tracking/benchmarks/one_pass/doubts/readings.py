"""What a box that should be the given one would be right as: another form, a shift by some frames, a placeholder."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from siou_tracking.benchmarks.one_pass import curves
from siou_tracking.benchmarks.protocol import Protocol

ROUNDING = 1.0 + 1e-6
"""Pixels within which two boxes are one."""
_FORM_SLACK = 2.0 + 1e-6
"""Pixels; a corner form may count the first pixel from 0 and the last one inclusively."""
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
    shift: int = 0
    """See `find_shift`."""


_UNKNOWN = Reading("nothing known")


def read_all(files: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[Reading]:
    """`explain` of every file of one tracker: where one alone does not tell a shift from bad tracking, all together do.

    Args:
        files: boxes and truth of each, as for `explain`.
    """
    readings = [explain(boxes, truth) for boxes, truth in files]
    open_ones = [at for at, reading in enumerate(readings) if reading is _UNKNOWN or reading.shift]
    pool = [files[at] for at in open_ones]
    shifts = Counter(reading.shift for reading in readings if reading.shift)
    if not shifts or len(pool) == sum(shifts.values()):
        return readings
    shift = shifts.most_common(1)[0][0]
    fit, stands = (np.mean([_shifted_overlap(*one, by) for one in pool]) for by in (shift, 0))
    if fit > stands + 0.02:
        for at in open_ones:
            readings[at] = _shifted(shift, *files[at])
    return readings


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
        return _shifted(shift, boxes, truth)
    if np.isnan(row).any() or np.isin(row, (-1, 0, 1)).all():
        return Reading(f"a placeholder ({shown(row[0])})")
    if (row >= 0).all() and (row <= 1).all():
        return _as_fractions(boxes, truth)
    if shift:
        return _shifted(shift, boxes, truth)
    scale = _scale(row, given)
    if scale is not None:
        words = f"the box in an image {scale[0]:.3g} times as wide and {scale[1]:.3g} times as high"
        read = _with_evidence(words, boxes, boxes / np.tile(scale, 2), truth)
        if read.whole_file:  # boxes that are a little off have some scale, too
            return read
    return _UNKNOWN


def find_shift(boxes: np.ndarray, truth: np.ndarray) -> int:
    """Frames that a result begins after the annotation; negative where it begins before, 0 where it begins with it.

    Args:
        boxes: (n, 4) xywh, at least one row.
        truth: (m, 4) xywh.
    """

    def is_given(row: int) -> bool:
        return row < len(boxes) and np.abs(boxes[row] - truth[0]).max() <= ROUNDING

    missing = len(truth) - len(boxes)
    if missing < 0 and is_given(-missing):
        # a given box that is written twice is given in row 1 too
        twice = is_given(0) and _shifted_overlap(boxes, truth, missing) > _shifted_overlap(boxes, truth, 0) + 0.05
        return missing if twice or not is_given(0) else 0
    if is_given(0):
        return 0
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


def _shifted(shift: int, boxes: np.ndarray, truth: np.ndarray) -> Reading:
    words = f"the box of frame {shift + 1}, the first {_frames(shift)} missing,"
    if shift < 0:
        words = f"{_rows(-shift)} too many before the given box"
    overlaps = _shifted_overlap(boxes, truth, 0), _shifted_overlap(boxes, truth, shift)
    return Reading(words, whole_file=True, overlaps=overlaps, shift=shift)


def _shifted_overlap(boxes: np.ndarray, truth: np.ndarray, shift: int) -> float:
    """Mean overlap of a result that begins so many frames after the annotation."""
    return _mean_overlap(boxes[max(-shift, 0) :], truth[max(shift, 0) :])


def _as_fractions(boxes: np.ndarray, truth: np.ndarray) -> Reading:
    """Of the image size, which is found from the given box itself where the digits suffice."""
    for words, convert in {"x,y,w,h": _same, **FORMS}.items():
        size = _scale(convert(boxes[:1]), truth[:1])
        if size is not None:
            read = convert(boxes) / np.tile(size, 2)
            return _with_evidence(f"the box in fractions of the image size, {words},", boxes, read, truth)
    return Reading("fractions of the image size")


def _same(boxes: np.ndarray) -> np.ndarray:
    return boxes


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
    return float(np.nan_to_num(overlap(boxes, truth)).mean()) if len(boxes) and len(truth) else 0.0


def overlap(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(k,) overlaps of the rows that both have; NaN where a box is none."""
    rows = min(len(boxes), len(truth))
    with np.errstate(all="ignore"):
        return curves.overlap(curves.planes(boxes[:rows]), curves.planes(truth[:rows]), _OVERLAP_RULES)


def shown(box: np.ndarray) -> str:
    return ",".join(f"{value:.4g}" for value in box)


def _frames(count: int) -> str:
    return "frame" if count == 1 else f"{count} frames"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
