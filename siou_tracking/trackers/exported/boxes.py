"""Boxes of an exported tracker in NumPy: start boxes, the part of a map they see, and the mean of the best refined."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.params import RefinementParams

_REACH = 2
"""Cells that two 3 x 3 convolutions see around one."""
_MARGIN = 0.1
"""Room around the start boxes, in sides of their hull, so that their steps seldom lead out of it."""


@dataclasses.dataclass(frozen=True)
class Square:
    """A square cut from an image; the NumPy side of `geometry.Patch`, in its precision."""

    center: tuple[float, float]
    """Image coordinates (x, y) of its middle."""
    scale: float
    """Image pixels per pixel of the square."""
    size: int
    """Its side in its own pixels."""

    def to_square(self, box: Sequence[float]) -> np.ndarray:
        """An image box xywh as (4,) in the square's pixels."""
        values = np.array(box, np.float32)
        wh = values[2:]
        center = (values[:2] + (wh - 1) / 2 - np.array(self.center, np.float32)) / self.scale + (self.size - 1) / 2
        wh = wh / self.scale
        return np.concatenate([center - (wh - 1) / 2, wh])

    def to_image(self, box: np.ndarray) -> list[float]:
        """A box (4,) xywh in the square's pixels as image box."""
        wh = box[2:]
        center = (box[:2] + (wh - 1) / 2 - (self.size - 1) / 2) * self.scale + np.array(self.center, np.float32)
        wh = wh * self.scale
        found: list[float] = np.concatenate([center - (wh - 1) / 2, wh]).tolist()
        return found


def start_boxes(box: np.ndarray, params: RefinementParams, random: TorchRandom) -> np.ndarray:
    """(1 + num_init_random_boxes, 4) xywh: `refinement.start_boxes` in NumPy."""
    count = params.num_init_random_boxes
    w, h = box[2:]
    spread = np.array([params.box_jitter_pos] * 2 + [params.box_jitter_sz] * 2, np.float32) * np.sqrt(w * h)
    noise = (random.rand(count, 4) - np.float32(0.5)) * spread
    size = np.maximum(box[2:] + noise[:, 2:], min(w, h) / 3)
    center = box[:2] + box[2:] / 2 + noise[:, :2]
    return np.concatenate([box[None], np.concatenate([center - size / 2, size], axis=1)])


def hull_of(boxes: np.ndarray) -> np.ndarray:
    """(4,) xyxy around boxes (..., 4) xywh."""
    flat = boxes.reshape(-1, 4)
    return np.concatenate([flat[:, :2].min(0), (flat[:, :2] + flat[:, 2:]).max(0)])


def with_margin(hull: np.ndarray) -> np.ndarray:
    """A hull (4,) xyxy and some room around it."""
    margin = _MARGIN * (hull[2:] - hull[:2]).max()
    return hull + np.array([-margin, -margin, margin, margin], hull.dtype)


def cut_map(features: np.ndarray, hull: np.ndarray, stride: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the box predictor needs of a map (1, C, H, W) for boxes within a hull.

    Args:
        features: backbone features.
        hull: (4,) xyxy in the square's pixels; everything where it is not finite.
        stride: pixels a cell.

    Returns:
        (1, C, h + 4, w + 4), h x w cells and two on each side, zero beyond the map; (h + 4, w + 4), 1 in the map and 0
        beyond it; and the place (x, y) of the first of the h x w cells.
    """
    origin: list[int] = []
    windows: list[slice] = []
    edges: list[tuple[int, int]] = []
    for length, ends in zip(features.shape[:1:-1], (hull[::2], hull[1::2]), strict=True):  # columns, then rows
        first, last = 0, length
        if np.isfinite(hull).all():
            low, high = (min(max(float(end) / stride, 0), length - 1) for end in ends)
            first, last = math.floor(low), math.ceil(high) + 1
        window = slice(max(first - _REACH, 0), min(last + _REACH, length))
        origin.append(first)
        windows.insert(0, window)
        edges.insert(0, (window.start - first + _REACH, last + _REACH - window.stop))
    rows, columns = windows
    part = np.pad(features[:, :, rows, columns], [(0, 0), (0, 0), *edges])
    inside = np.pad(np.ones([window.stop - window.start for window in windows], np.float32), edges)
    return part, inside, np.array(origin, np.float32)


def mean_of_best(boxes: np.ndarray, scores: np.ndarray, params: RefinementParams) -> np.ndarray | None:
    """(4,) the mean of the best of boxes (P, 4) xywh that are finite and of a possible shape; None without one."""
    sized = np.concatenate([boxes[:, :2], boxes[:, 2:].clip(min=1.0)], axis=1)
    limit = params.maximal_aspect_ratio
    with np.errstate(invalid="ignore"):
        aspect = sized[:, 2] / sized[:, 3]
        usable = np.isfinite(sized).all(axis=1) & np.isfinite(scores) & (aspect < limit) & (aspect > 1 / limit)
    sized, scores = sized[usable], scores[usable]
    if not len(sized):
        return None
    best = np.argsort(-scores, kind="stable")[: params.iounet_k]
    mean: np.ndarray = sized[best].mean(axis=0)
    return mean
