"""Search regions cut as PyTracking cuts them, to the pixel: what DiMP and ToMP were tuned with.

The cut and its coordinates have two halves of a pixel too much, which networks and thresholds have got used to;
`geometry.sample_patch` is the exact one, which ATOM uses here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siou_tracking.trackers.online.geometry import Patch

if TYPE_CHECKING:  # an exported tracker crops where torch is not installed
    import torch


class _Axis(NamedTuple):
    """One side of the cut."""

    indices: np.ndarray
    """Of the image's pixels, held inside it."""
    middle: float
    """In image pixels, as PyTracking has it."""


def crop_square(
    image: np.ndarray, center: tuple[float, float], side: float, size: int, max_shrink: float | None = None
) -> tuple[np.ndarray, tuple[float, float], float]:
    """Cut a square out of the image and resize it to size x size, bilinearly.

    A square much larger than the patch is first thinned by a whole factor. What lies outside repeats the border.

    Args:
        image: (H, W, 3) uint8 RGB.
        center: (x, y) in image pixels, finite.
        side: of the square in image pixels, positive.
        size: S, side of the patch in pixels.
        max_shrink: hold the square inside the image ("inside_major"): where it is larger than the image's longer side
            it is made smaller, by at most this factor, and then shifted inwards. None leaves it as it is.

    Returns:
        (S, S, 3) float32, 0..255; `Patch.center`; `Patch.scale`.
    """
    import cv2

    height, width = image.shape[:2]
    if max_shrink is not None:
        # Exact: PyTracking divides a side by itself, and float32 costs it a row and a column now and then.
        side = float(int(max(min(side, max(height, width)), side / max_shrink)))
    stride = max(int(side / size - 0.1), 1)
    count = max(round(side / stride), 2)
    inside = max_shrink is not None
    columns, x = _cut_axis(center[0], stride, count, width, inside)
    rows, y = _cut_axis(center[1], stride, count, height, inside)
    square: np.ndarray = image.take(rows, axis=0).take(columns, axis=1).astype(np.float32)
    if square.shape[:2] != (size, size):
        # In float, where a library of images takes a sixth of the time of torch.
        square = cv2.resize(square, (size, size), interpolation=cv2.INTER_LINEAR)
    return square, (x, y), stride * (count + 0.5) / size


def crop(
    image: np.ndarray,
    center: tuple[float, float],
    side: float,
    size: int,
    device: torch.device | str = "cpu",
    max_shrink: float | None = None,
) -> Patch:
    """`crop_square` as a patch on the device where it is wanted."""
    import torch

    square, middle, scale = crop_square(image, center, side, size, max_shrink)
    return Patch(torch.from_numpy(square).to(device)[None].permute(0, 3, 1, 2), middle, scale)


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
