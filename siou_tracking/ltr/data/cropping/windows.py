"""Windows cut out of an image and resized.

What lies outside the image repeats the image's edge. A window never reads the last row and column of the image;
networks trained with PyTracking saw exactly that, so it is kept.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch

from siou_tracking.errors import InputError

LARGEST_PADDED_SIDE = 4096
"""Beyond this side in pixels a window is sampled where the output needs it instead of being built in memory."""


class Window(NamedTuple):
    """A part of an image, or of what lies around it, in whole pixels."""

    left: int
    top: int
    width: int
    height: int


def check_box(x: float, y: float, w: float, h: float, factor: float) -> None:
    """Raise `InputError` unless a window of positive, finite size can be taken around a box."""
    if not all(map(math.isfinite, (x, y, w, h, w * h))) or min(w, h) <= 0 or factor <= 0:
        raise InputError(
            f"crop: box x={x:g} y={y:g} w={w:g} h={h:g} with search area factor {factor:g}: the window is smaller than "
            "one pixel or not finite, allowed are finite boxes with w and h above 0"
        )


def cut_window(im: np.ndarray, window: Window, output_size: tuple[int, int] | None) -> np.ndarray:
    """The window of an (H, W, 3) or (H, W) image, resized bilinearly to `output_size` (width, height) unless None."""
    import cv2

    if output_size is not None and max(window.width, window.height) > LARGEST_PADDED_SIDE:
        return _cut_sampled(im, window, output_size)
    cut = _cut_padded(im, window)
    return cut if output_size is None else cv2.resize(cut, output_size)


def cut_mask(mask: torch.Tensor, window: Window, output_size: tuple[int, int] | None, mode: str) -> torch.Tensor:
    """The window of an (H, W) mask, float32, zero outside the image, resized by interpolation `mode`."""
    (left, top, width, height), (rows, columns) = window, mask.shape
    cut = mask.new_zeros(height, width, dtype=torch.float32)
    x0, x1 = max(left, 0), min(left + width, columns)
    y0, y1 = max(top, 0), min(top + height, rows)
    if x1 > x0 and y1 > y0:
        cut[y0 - top : y1 - top, x0 - left : x1 - left] = mask[y0:y1, x0:x1].float()
    if output_size is None:
        return cut
    aligned = {} if mode == "nearest" else {"align_corners": False}
    size = (output_size[1], output_size[0])
    return torch.nn.functional.interpolate(cut[None, None], size, mode=mode, **aligned)[0, 0]


def _split_span(start: int, side: int, length: int) -> tuple[int, int, int, int]:
    """For one axis: first and end index inside the image, and how many copies of the edge go before and after."""
    usable = max(length - 1, 1)
    first = min(max(start, 0), usable - 1)
    end = min(max(start + side, first + 1), usable)
    before = min(max(-start, 0), side - 1)
    return first, end, before, side - before - (end - first)


def _cut_padded(im: np.ndarray, window: Window) -> np.ndarray:
    import cv2

    x0, x1, pad_left, pad_right = _split_span(window.left, window.width, im.shape[1])
    y0, y1, pad_top, pad_bottom = _split_span(window.top, window.height, im.shape[0])
    inside = im[y0:y1, x0:x1]
    if not (pad_left or pad_right or pad_top or pad_bottom):
        return inside
    return cv2.copyMakeBorder(inside, pad_top, pad_bottom, pad_left, pad_right, cv2.BORDER_REPLICATE)


def _find_taps(start: int, side: int, length: int, output_sz: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For one axis: the two source indices of each output pixel and the weight of the second."""
    position = np.clip((np.arange(output_sz) + 0.5) * (side / output_sz) - 0.5, 0, side - 1)
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, side - 1)
    last = max(length - 1, 1) - 1
    return np.clip(lower + start, 0, last), np.clip(upper + start, 0, last), (position - lower).astype(np.float32)


def _cut_sampled(im: np.ndarray, window: Window, output_size: tuple[int, int]) -> np.ndarray:
    """The resized window without building it: bilinear sampling reads two rows and two columns an output pixel."""
    x0, x1, wx = _find_taps(window.left, window.width, im.shape[1], output_size[0])
    y0, y1, wy = _find_taps(window.top, window.height, im.shape[0], output_size[1])
    shape = (1, -1) + (1,) * (im.ndim - 2)
    upper = im[y0][:, x0] * (1 - wx).reshape(shape) + im[y0][:, x1] * wx.reshape(shape)  # (S, S, 3)
    lower = im[y1][:, x0] * (1 - wx).reshape(shape) + im[y1][:, x1] * wx.reshape(shape)
    wy = wy.reshape((-1, 1) + (1,) * (im.ndim - 2))
    return np.rint(upper * (1 - wy) + lower * wy).astype(im.dtype)
