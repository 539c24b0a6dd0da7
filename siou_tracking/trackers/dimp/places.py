"""Sizes and places that online DiMP computes without tensors, for the tracker with torch and the exported one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from siou_tracking.trackers.dimp.params import DimpParams
from siou_tracking.trackers.online.geometry import Target

_LARGEST = 2
"""Sides of the image that a box may have."""


def region_size(size: int, expansion: float) -> int:
    """Side of the region that copies of `size` pixels are cut from: even to it, so that both have one middle."""
    region = int(size * expansion)
    return region + (region - size) % 2


def first_scale(target: Target, params: DimpParams) -> float:
    """Image pixels per patch pixel, rounded as PyTracking does: where a side is cut to whole pixels, that decides."""
    side = np.float32(target.search_side(params.search_area_factor))
    return float(np.float32(1 / params.patch_size) * side)


def side_of(pixels: int, scale: float) -> float:
    """Image pixels under so many pixels of a patch."""
    return float(np.float32(scale * pixels))


def refined_target(
    box: Sequence[float],
    center: tuple[float, float],
    scale: float,
    image_size: tuple[int, int],
    params: DimpParams,
) -> Target:
    """The target in a refined box.

    Args:
        box: (4,) xywh in patch pixels.
        center, scale: of the patch, see `geometry.Patch`.
        image_size: (height, width).
        params: side of the patch, shortest side of a box.
    """
    x, y, w, h = box
    # Not the inverse of box_to_patch but half a pixel of the patch further, as the networks are used to.
    middle = (params.patch_size - 1) / 2
    cx, cy = ((place - middle) * scale + at for place, at in zip((x + w / 2, y + h / 2), center, strict=True))
    height, width = image_size
    return Target(cx, cy, w * scale, h * scale).limited(width * _LARGEST, height * _LARGEST, params.min_side)


def hann_window(rows: int, columns: int) -> np.ndarray:
    """(rows, columns) float32, positive, 1 in the middle of odd sides."""
    down, across = (
        np.sin(np.arange(1, count + 1, dtype=np.float32) * np.float32(np.pi / (count + 1))) ** 2
        for count in (rows, columns)
    )
    window: np.ndarray = down[:, None] * across
    return window
