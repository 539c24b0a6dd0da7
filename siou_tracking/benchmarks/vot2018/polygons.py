"""Quadrilaterals and rectangles of the VOT benchmark: one container, and exact areas of their intersections.

A quadrilateral may be given in either direction, may have a corner that points inwards, and may cross itself; its
inside is then what an even-odd fill would paint. Every one is cut into two triangles with a sign: the two halves along
a diagonal (one counts negative where the diagonal runs outside), or the two lobes where two edges cross. An
intersection of quadrilaterals is then a signed sum of intersections of triangles, and those are convex: they are
clipped half plane by half plane (Sutherland and Hodgman, "Reentrant polygon clipping", CACM 1974), all frames at once,
in vertex buffers of a fixed size. float64 throughout, relative to a corner of each pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from siou_tracking.errors import InputError

LARGEST = 1e30
"""Coordinates are below this: regions are drawn in single precision, as the toolkits do."""
ALLOWED = f"finite numbers below {LARGEST:g}"


@dataclass(frozen=True)
class Regions:
    """N regions in pixels, one per frame.

    corners: (N, 4, 2) float64, x and y of each corner; a rectangle starts at its smallest x and y.
    rectangle: (N,) bool, True where the region was given as x, y, width, height.
    """

    corners: np.ndarray
    rectangle: np.ndarray

    def __len__(self) -> int:
        return len(self.corners)

    def __getitem__(self, index: np.ndarray | slice) -> Regions:
        return Regions(self.corners[index], self.rectangle[index])

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[float]] | np.ndarray, where: str = "regions") -> Regions:
        """Read rows of 4 numbers (x, y, width, height) or 8 numbers (x1, y1 .. x4, y4), mixed as they come.

        Args:
            rows: one row a frame.
            where: names the rows in an error.

        Raises:
            InputError: a row with another count of numbers, or with one that is not finite or too large.
        """
        corners = np.empty((len(rows), 4, 2))
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        for index in np.flatnonzero((lengths != 4) & (lengths != 8))[:1]:
            raise InputError(
                f"{where}: row {index + 1}: got {lengths[index]} numbers, allowed are 4 (x,y,w,h) or 8 (four corners)"
            )
        boxes, quads = lengths == 4, lengths == 8
        if boxes.any():
            corners[boxes] = box_corners(np.array([rows[i] for i in np.flatnonzero(boxes).tolist()], dtype=np.float64))
        if quads.any():
            corners[quads] = np.array([rows[i] for i in np.flatnonzero(quads).tolist()], dtype=np.float64).reshape(
                -1, 4, 2
            )
        for index in np.flatnonzero(~(np.abs(corners) < LARGEST).all((1, 2)))[:1]:
            raise InputError(f"{where}: row {index + 1}: got {list(rows[index])}, allowed are {ALLOWED}")
        return cls(corners, boxes)

    @classmethod
    def joined(cls, parts: Iterable[Regions]) -> Regions:
        """One container of all regions of `parts`, in order."""
        parts = list(parts)
        return cls(np.concatenate([p.corners for p in parts]), np.concatenate([p.rectangle for p in parts]))


def box_corners(boxes: np.ndarray) -> np.ndarray:
    """(N, 4) boxes x, y, width, height -> (N, 4, 2) corners, from the smallest x and y along the x axis."""
    x, y, w, h = np.asarray(boxes, dtype=np.float64).T
    return np.stack([x, y, x + w, y, x + w, y + h, x, y + h], axis=-1).reshape(-1, 4, 2)


def enclosing_boxes(corners: np.ndarray) -> np.ndarray:
    """(N, 4, 2) corners -> (N, 4) smallest boxes x, y, width, height with sides along the axes."""
    low, high = corners.min(1), corners.max(1)
    return np.concatenate([low, high - low], axis=1)


def area_preserving_boxes(corners: np.ndarray) -> np.ndarray:
    """(N, 4, 2) corners -> (N, 4) boxes x, y, width, height centered on the corners' mean, with the outline's area.

    The enclosing box is shrunk by one factor on both sides until its area is the quadrilateral's. pysot and got10k
    start trackers with this box (they add 1 pixel to each side, which is left out here).
    """
    low, high = corners.min(1), corners.max(1)
    sides = high - low
    ratio = areas(corners) / np.maximum(sides.prod(1), np.finfo(np.float64).tiny)
    sides = sides * np.sqrt(ratio)[:, None]
    return np.concatenate([corners.mean(1) - sides / 2, sides], axis=1)


def is_convex(corners: np.ndarray, strictly: bool = False) -> np.ndarray:
    """(N, 4, 2) corners -> (N,) bool: all turns go the same way; a straight corner counts unless `strictly`."""
    turns = _cross(np.roll(corners, -1, 1) - corners, np.roll(corners, -2, 1) - np.roll(corners, -1, 1))
    if strictly:
        return np.logical_or((turns > 0).all(1), (turns < 0).all(1))
    same_way: np.ndarray = np.logical_or((turns >= 0).all(1), (turns <= 0).all(1))
    same_way &= ~(_edges_cross(corners, 0) | _edges_cross(corners, 1))
    return same_way


def areas(corners: np.ndarray, limits: np.ndarray | None = None) -> np.ndarray:
    """(N,) areas of (N, 4, 2) outlines, inside [0, limit] where `limits` (N, 2) is given."""
    corners = np.asarray(corners, dtype=np.float64)
    triangles, signs = _signed_triangles(corners)
    origin = corners[:, 0]
    parts = _clipped_areas(triangles.reshape(-1, 3, 2), None, _repeat(limits, 2), np.repeat(origin, 2, 0))
    sums: np.ndarray = (parts.reshape(-1, 2) * signs).sum(1)
    return sums.clip(min=0.0)


def intersection_areas(a: np.ndarray, b: np.ndarray, limits: np.ndarray | None = None) -> np.ndarray:
    """(N,) areas common to (N, 4, 2) outlines `a` and `b`, inside [0, limit] where `limits` (N, 2) is given."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    first, first_signs = _signed_triangles(a)
    second, second_signs = _signed_triangles(b)
    pairs = [(i, j) for i in range(2) for j in range(2)]
    left = np.stack([first[:, i] for i, _ in pairs], 1).reshape(-1, 3, 2)
    right = np.stack([second[:, j] for _, j in pairs], 1).reshape(-1, 3, 2)
    signs = np.stack([first_signs[:, i] * second_signs[:, j] for i, j in pairs], 1)
    parts = _clipped_areas(left, right, _repeat(limits, 4), np.repeat(a[:, 0], 4, 0))
    sums: np.ndarray = (parts.reshape(-1, 4) * signs).sum(1)
    return sums.clip(min=0.0)


def overlaps(first: Regions, second: Regions, limits: np.ndarray | None = None) -> np.ndarray:
    """Exact overlap (intersection over union) per frame.

    Args:
        first: N regions.
        second: N regions.
        limits: (N, 2) largest x and y that count, the smallest being 0; None counts everything.

    Returns:
        (N,) overlaps in [0, 1]; 0 where neither region has an area.
    """
    common = intersection_areas(first.corners, second.corners, limits)
    union = areas(first.corners, limits) + areas(second.corners, limits) - common
    ratios: np.ndarray = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return ratios.clip(0.0, 1.0)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(...) z of the cross products of (..., 2) vectors."""
    product: np.ndarray = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return product


def _repeat(limits: np.ndarray | None, times: int) -> np.ndarray | None:
    return None if limits is None else np.repeat(np.asarray(limits, dtype=np.float64), times, 0)


def _edges_cross(corners: np.ndarray, first: int) -> np.ndarray:
    """(N,) bool: edge `first` and the edge opposite to it cross in a point inside both."""
    p, q, r, s = (corners[:, (first + i) % 4] for i in range(4))
    parted: np.ndarray = _cross(q - p, r - p) * _cross(q - p, s - p) < 0
    parted &= _cross(s - r, p - r) * _cross(s - r, q - r) < 0
    return parted


def _signed_triangles(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 4, 2) outlines -> (N, 2, 3, 2) triangles turning one way, and (N, 2) signs that sum to the inside."""
    triangles = np.stack([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]], axis=1)
    signed = _cross(triangles[:, :, 1] - triangles[:, :, 0], triangles[:, :, 2] - triangles[:, :, 0])
    signs = np.sign(signed) * np.sign(signed.sum(1))[:, None]
    for first in (0, 1):
        crossed = _edges_cross(corners, first)
        if crossed.any():
            p, q, r, s = (corners[crossed, (first + i) % 4] for i in range(4))
            along = _cross(r - p, s - r) / _cross(q - p, s - r)
            meeting = p + along[:, None] * (q - p)
            triangles[crossed] = np.stack([np.stack([meeting, q, r], 1), np.stack([meeting, s, p], 1)], 1)
            signs[crossed] = 1.0
    turn = _cross(triangles[:, :, 1] - triangles[:, :, 0], triangles[:, :, 2] - triangles[:, :, 0])
    return np.where((turn < 0)[:, :, None, None], triangles[:, :, ::-1], triangles), signs


def _clipped_areas(
    triangles: np.ndarray, others: np.ndarray | None, limits: np.ndarray | None, origin: np.ndarray
) -> np.ndarray:
    """(M,) areas of (M, 3, 2) triangles inside the (M, 3, 2) `others` (counter-clockwise) and inside [0, limits]."""
    points = triangles - origin[:, None]
    if others is not None:
        others = others - origin[:, None]
        for edge in range(3):
            start, along = others[:, edge], others[:, (edge + 1) % 3] - others[:, edge]
            points = _clip(points, _cross(along[:, None], points - start[:, None]))
    if limits is not None:
        for axis in range(2):
            points = _clip(points, points[..., axis] + origin[:, None, axis])
            points = _clip(points, (limits - origin)[:, None, axis] - points[..., axis])
    doubled: np.ndarray = np.abs(_cross(points, np.roll(points, -1, 1)).sum(1))
    return doubled / 2


def _clip(points: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Keep the part of convex outlines (M, K, 2) where `side` (M, K), linear in the point, is not negative.

    The result has K + 1 places; unused ones repeat the last corner, so they add no area. Nothing left: one point.
    """
    following, side_following = np.roll(points, -1, 1), np.roll(side, -1, 1)
    inside = side >= 0
    crosses = inside != (side_following >= 0)
    share = np.divide(side, side - side_following, out=np.zeros_like(side), where=crosses)
    entry = points + share[..., None] * (following - points)
    candidates = np.stack([points, entry], 2).reshape(len(points), 2 * points.shape[1], 2)
    kept = np.stack([inside, crosses], 2).reshape(len(points), 2 * points.shape[1])
    place = np.cumsum(kept, 1) - 1
    count = place[:, -1] + 1
    clipped = np.zeros((len(points), points.shape[1] + 1, 2))
    row, column = np.nonzero(kept & (place <= points.shape[1]))
    clipped[row, place[row, column]] = candidates[row, column]
    last = np.maximum(count - 1, 0)[:, None]
    return np.take_along_axis(clipped, np.minimum(np.arange(clipped.shape[1]), last)[..., None], 1)
