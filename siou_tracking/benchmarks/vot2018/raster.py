"""Overlap of VOT regions counted in pixels, by the rules that VOT2018 numbers are made with.

A region is drawn on a pixel grid: its corners are rounded to whole pixels, and in every pixel row that its outline
touches, the pixels between the crossings are filled, both ends included. Overlap is the number of pixels in both
regions divided by the number in either. Two programs agree on this and differ in the details:

    region       the C code of pysot-toolkit, which also gives the published numbers: a rectangle reaches from x to
                 x + w (w + 1 pixels), halves round away from zero, a row that is touched in one pixel only stays empty.
    vot-toolkit  vot-toolkit 0.9.0: a rectangle reaches from x to x + w - 1, halves round to even, such rows count, and
                 two regions whose common window has no extent are equal.

On small targets a pixel more or less is several percent, so neither can stand for the other, nor for the exact area
(`polygons.overlaps`): accuracy moves by up to 0.007. All frames go through numpy in blocks; outlines that are not
strictly convex take a path of their own that pairs up to four crossings a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siou_tracking.benchmarks.vot2018.polygons import Regions, is_convex

_FRAMES_AT_ONCE = 512  # keeps the row tables of a block inside a processor's cache
_ROWS_AT_ONCE = 1 << 21  # and inside the memory, where windows are very high
_Spans = list[tuple[np.ndarray, np.ndarray]]  # half-open pixel ranges per row of a window


@dataclass(frozen=True)
class _Block:
    """Windows of some frames, laid out as one flat table of pixel rows.

    rows: (F,) rows of each window; starts: (F,) place of its first row; width: (R,) columns, per row of the table.
    lone: whether a row that is touched in a single pixel counts.
    """

    rows: np.ndarray
    starts: np.ndarray
    width: np.ndarray
    lone: bool


def region_overlaps(first: Regions, second: Regions, limits: np.ndarray | None = None) -> np.ndarray:
    """Overlap per frame as pysot-toolkit's compiled region code counts it.

    Args:
        first: N regions.
        second: N regions.
        limits: (N, 2) largest pixel column and row that count, the smallest being 0; None counts everything.

    Returns:
        (N,) overlaps in [0, 1]; 0 where the bounding boxes do not meet or one of them has no extent.
    """
    a, b = (region.corners.astype(np.float32).astype(np.float64) for region in (first, second))
    low, high = _limits(limits, len(a))
    a_low, a_high = np.maximum(np.floor(a.min(1)), low), np.minimum(np.ceil(a.max(1)), high)
    b_low, b_high = np.maximum(np.floor(b.min(1)), low), np.minimum(np.ceil(b.max(1)), high)
    meet = (np.minimum(a_high, b_high) > np.maximum(a_low, b_low)).all(1)
    origin, end = np.minimum(a_low, b_low), np.maximum(a_high, b_high)
    wanted = np.flatnonzero(meet & (a_high > a_low).all(1) & (b_high > b_low).all(1))
    result = np.zeros(len(a))
    drawn_a, drawn_b = (_half_away(corners[wanted] - origin[wanted, None]) for corners in (a, b))
    result[wanted] = _count(drawn_a, drawn_b, (end - origin)[wanted].astype(np.int64) + 1, lone=False)
    return result


def vot_toolkit_overlaps(first: Regions, second: Regions, limits: np.ndarray | None = None) -> np.ndarray:
    """Overlap per frame as vot-toolkit 0.9.0 counts it; arguments and result as `region_overlaps`."""
    (a, a_empty), (b, b_empty) = _toolkit_pixels(first), _toolkit_pixels(second)
    low, high = _limits(limits, len(a))
    union_low, union_high = np.minimum(a.min(1), b.min(1)), np.maximum(a.max(1), b.max(1))
    same = (union_low >= union_high).any(1)
    origin, end = np.maximum(union_low, low), np.minimum(union_high, high)
    wanted = np.flatnonzero(~(same | a_empty | b_empty) & (origin < end).all(1))
    result: np.ndarray = same.astype(np.float64)
    drawn_a, drawn_b = (corners[wanted] - origin[wanted, None] for corners in (a, b))
    result[wanted] = _count(drawn_a, drawn_b, (end - origin)[wanted].astype(np.int64) + 1, lone=True)
    return result


def _limits(limits: np.ndarray | None, count: int) -> tuple[np.ndarray, np.ndarray]:
    if limits is None:
        return np.full((count, 2), -np.inf), np.full((count, 2), np.inf)
    return np.zeros((count, 2)), np.broadcast_to(np.asarray(limits, np.float64), (count, 2))


def _half_away(values: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = np.trunc(values + np.copysign(0.5, values))
    return rounded


def _toolkit_pixels(regions: Regions) -> tuple[np.ndarray, np.ndarray]:
    """Whole corners (N, 4, 2) with rectangles one pixel shorter, and (N,) where a rectangle has no pixel."""
    corners = np.round(regions.corners.astype(np.float32)).astype(np.float64)
    sizes = np.round((regions.corners[:, 2] - regions.corners[:, 0]).astype(np.float32)).astype(np.float64)
    near, far = corners[:, 0], corners[:, 0] + np.maximum(sizes, 1) - 1
    box = np.stack([near, np.stack([far[:, 0], near[:, 1]], 1), far, np.stack([near[:, 0], far[:, 1]], 1)], 1)
    corners[regions.rectangle] = box[regions.rectangle]
    return corners, regions.rectangle & (sizes < 1).any(1)


def _count(a: np.ndarray, b: np.ndarray, window: np.ndarray, lone: bool) -> np.ndarray:
    """Overlaps of whole corners (N, 4, 2) in windows of (N, 2) columns and rows."""
    simple = is_convex(a, strictly=True) & is_convex(b, strictly=True)
    result = np.zeros(len(a))
    for pick, spans in ((simple, _convex_spans), (~simple, _paired_spans)):
        frames = np.flatnonzero(pick)
        highest = int(window[frames, 1].max(initial=1))
        at_once = max(min(_FRAMES_AT_ONCE, _ROWS_AT_ONCE // highest), 1)
        for start in range(0, len(frames), at_once):
            some = frames[start : start + at_once]
            columns, rows = window[some].T
            block = _Block(rows, np.cumsum(rows) - rows, np.repeat(columns, rows).astype(np.float64), lone)
            result[some] = _overlap(spans(a[some], block), spans(b[some], block), block.starts)
    return result


def _overlap(a: _Spans, b: _Spans, starts: np.ndarray) -> np.ndarray:
    sizes = [np.add.reduceat(sum(right - left for left, right in spans), starts) for spans in (a, b)]
    common = sum(np.maximum(np.minimum(r1, r2) - np.maximum(l1, l2), 0) for l1, r1 in a for l2, r2 in b)
    shared: np.ndarray = np.add.reduceat(common, starts)
    ratio: np.ndarray = shared / np.maximum(sizes[0] + sizes[1] - shared, 1)
    return ratio


def _crossings(corners: np.ndarray, edge: int, block: _Block) -> tuple[np.ndarray, np.ndarray]:
    """Where one edge of every outline touches pixel rows: places in the row table, and columns cut to whole numbers."""
    (x, y), (x_before, y_before) = corners[:, edge].T, corners[:, edge - 1].T
    first = np.maximum(np.minimum(y, y_before), 0).astype(np.int64)
    last = np.minimum(np.maximum(y, y_before), block.rows - 1).astype(np.int64)
    flat = y == y_before
    counts = np.maximum(last - first + 1, 0)
    if not block.lone:
        counts[flat] = 0
    before = np.cumsum(counts) - counts
    steps = np.arange(counts.sum())
    row = steps - np.repeat(before - first, counts)
    rise = np.where(flat, 1, y_before - y)
    x, y, rise, run = (np.repeat(v, counts) for v in (x, y, rise, x_before - x))
    return steps + np.repeat(block.starts + first - before, counts), np.trunc(x + (row - y) / rise * run)


def _fill(left: np.ndarray, right: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends included -> half open and inside the window; what lies outside becomes empty."""
    left = np.clip(left, 0, width)
    return left, np.maximum(np.minimum(right + 1, width), left)


def _convex_spans(corners: np.ndarray, block: _Block) -> _Spans:
    left = np.full(len(block.width), np.inf)
    right = np.full(len(block.width), -np.inf)
    for edge in range(4):
        place, column = _crossings(corners, edge, block)
        left[place] = np.minimum(left[place], column)
        right[place] = np.maximum(right[place], column)
    if not block.lone:
        right[left == right] = -np.inf
    return [_fill(left, right, block.width)]


def _paired_spans(corners: np.ndarray, block: _Block) -> _Spans:
    """Sorted crossings taken in pairs; of two equal ones the first is a corner met twice and is passed over."""
    table = np.full((len(block.width), 6), np.inf)
    for edge in range(4):
        place, column = _crossings(corners, edge, block)
        table[place, edge] = column
    table.sort(axis=1)
    found = np.isfinite(table).sum(1)
    at = np.zeros(len(table), np.int64)
    every = np.arange(len(table))
    spans: _Spans = []
    covered = np.zeros(len(table))
    for _ in range(3):
        left, right = table[every, at], table[every, at + 1]
        usable = at < found - 1
        again = usable & (left == right) & ((at < found - 2) | (not block.lone))
        fill = usable & ~again
        left, right = _fill(np.where(fill, left, np.inf), np.where(fill, right, -np.inf), block.width)
        left = np.clip(left, np.minimum(covered, right), right)
        spans.append((left, right))
        covered = np.where(fill, np.maximum(covered, right), covered)
        at = np.minimum(at + again + 2 * fill, 4)
    return spans
