"""Search regions cut as PyTracking cuts them, to the pixel: what DiMP and ToMP were tuned with.

The cut and its coordinates have two halves of a pixel too much, which networks and thresholds have got used to;
`geometry.sample_patch` is the exact one, which ATOM uses here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from siou_tracking.trackers.online.geometry import Patch


class _Axis(NamedTuple):
    """One side of the cut."""

    indices: np.ndarray
    """Of the image's pixels, held inside it."""
    middle: float
    """In image pixels, as PyTracking has it."""


def crop(
    image: np.ndarray,
    center: tuple[float, float],
    side: float,
    size: int,
    device: torch.device | str = "cpu",
    max_shrink: float | None = None,
) -> Patch:
    """Cut a square out of the image and resize it to size x size, bilinearly.

    A square much larger than the patch is first thinned by a whole factor. What lies outside repeats the border.

    Args:
        image: (H, W, 3) uint8 RGB.
        center: (x, y) in image pixels, finite.
        side: of the square in image pixels, positive.
        size: S, side of the patch in pixels.
        device: where the patch is wanted.
        max_shrink: hold the square inside the image ("inside_major"): where it is larger than the image's longer side
            it is made smaller, by at most this factor, and then shifted inwards. None leaves it as it is.
    """
    import cv2

    height, width = image.shape[:2]
    if max_shrink is not None:
        side = float(int(side / min(max(min(side / height, side / width), 1.0), max_shrink)))
    stride = max(int(side / size - 0.1), 1)
    count = max(round(side / stride), 2)
    inside = max_shrink is not None
    columns, x = _cut_axis(center[0], stride, count, width, inside)
    rows, y = _cut_axis(center[1], stride, count, height, inside)
    square: np.ndarray = image.take(rows, axis=0).take(columns, axis=1).astype(np.float32)
    if square.shape[:2] != (size, size):
        # In float, where a library of images takes a sixth of the time of torch.
        square = cv2.resize(square, (size, size), interpolation=cv2.INTER_LINEAR)
    pixels = torch.from_numpy(square).to(device)[None].permute(0, 3, 1, 2)
    return Patch(pixels, (x, y), stride * (count + 0.5) / size)


def _cut_axis(center: float, stride: int, count: int, length: int, inside: bool) -> _Axis:
    """About `count` pixels, every `stride`-th, around a center that is cut to a whole pixel."""
    whole = int(center)
    first = whole % stride
    thinned = -(-(length - first) // stride)
    low = (whole - first) / stride - (count - 1) / 2
    high = (whole - first) / stride + count / 2 + 1
    if inside:
        shift = max(-low, 0.0) - max(high - thinned, 0.0)
        low, high = low + shift, high + shift
        outside = (max(-low, 0.0) + max(high - thinned, 0.0)) // 2
        if outside > 0:  # larger than the image: as much on both sides
            low, high = -outside, high - low - outside
    indices = np.clip(np.arange(int(low), int(high)), 0, thinned - 1) * stride + first
    return _Axis(indices, (stride * (low + high) - 1) / 2)
