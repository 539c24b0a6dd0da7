"""The checks that every tracker makes on an image and on the first box, a checkout's trackers too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # whatever else the caller tells a tracker beside the box

import numpy as np

from siou_tracking.errors import InputError

_MARGIN = 2.0
"""Pixels by which boxes of whole pixels reach beyond an image by how they are counted."""
_MUCH_SMALLER = 0.1
"""Share of its area as x, y, w, h below which a box is more probably two corners."""


def not_initialized(where: str) -> InputError:
    """The error of a tracker that has not been given its first frame."""
    return InputError(f"{where}: called before initialize, allowed is initialize first")


def as_rgb(image: np.ndarray, where: str = "tracker") -> np.ndarray:
    """The image as (H, W, 3) uint8 RGB.

    Args:
        image: (H, W, 3) RGB, (H, W, 4) RGBA whose alpha is dropped, or (H, W) / (H, W, 1) gray; uint8.
        where: named in the error.

    Raises:
        InputError: another shape, another type of number, or no pixels.
    """
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise InputError(f"image: {where}: got numbers of type {array.dtype}, allowed is uint8 (0..255)")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        shape = tuple(np.shape(image))
        raise InputError(f"image: {where}: got shape {shape}, allowed are (H, W), (H, W, 1), (H, W, 3), (H, W, 4)")
    if array.shape[2] == 1:
        return np.broadcast_to(array, (*array.shape[:2], 3))
    return array[:, :, :3]


def check_init_box(box: Sequence[float], width: int, height: int, where: str = "tracker") -> list[float]:
    """The first box as four floats, once it is known to be usable.

    Args:
        box: [x, y, w, h] in pixels; any sequence or array of four numbers.
        width: of the image.
        height: of the image.
        where: named in the error.

    Raises:
        InputError: not four finite numbers, a side that is not positive, or a box that lies wholly outside the image.
    """
    try:
        values = np.asarray(box, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (4,) or not np.isfinite(values).all():
        raise InputError(f"init_bbox: {where}: got {box!r}, allowed are four finite numbers x, y, w, h")
    x, y, w, h = values.tolist()
    if w <= 0 or h <= 0:
        raise InputError(f"init_bbox: {where}: got width {w:g} and height {h:g}, both must be positive")
    if x + w <= 0 or y + h <= 0 or x >= width or y >= height:
        raise InputError(
            f"init_bbox: {where}: got {x:g},{y:g},{w:g},{h:g}, outside the image of {width} x {height} pixels"
        )
    return [x, y, w, h]


def doubtful_box_note(box: Sequence[float], width: int, height: int) -> str | None:
    """What a first box rather looks like than x, y, w, h in pixels: corners, or fractions; None where it is in order.

    Args:
        box: [x, y, w, h] as it was given.
        width: of the image.
        height: of the image.
    """
    x, y, w, h = (float(value) for value in box)
    given = f"{x:g},{y:g},{w:g},{h:g}"
    if all(0 <= value <= 1 for value in (x, y, w, h)):
        pixels = f"{x * width:.1f},{y * height:.1f},{w * width:.1f},{h * height:.1f}"
        return f"the first box {given} looks like fractions of the image size; in pixels these would be {pixels}"
    if not (0 <= x < w <= width and 0 <= y < h <= height):
        return None  # not two corners of a box in the image
    beyond = x + w > width + _MARGIN or y + h > height + _MARGIN
    if beyond or (w - x) * (h - y) < _MUCH_SMALLER * w * h:
        corners = f"{x:g},{y:g},{w - x:g},{h - y:g}"
        return f"the first box {given} looks like corners x1,y1,x2,y2; as x,y,w,h these would be {corners}"
    return None


def box_from_info(info: Mapping[str, Any] | None, image: np.ndarray, where: str) -> list[float]:
    """The checked first box out of the `info` that `initialize` was given.

    Raises:
        InputError: `info` has no 'init_bbox', or the box fails `check_init_box`.
    """
    if not isinstance(info, Mapping) or "init_bbox" not in info:
        raise InputError(f"info: {where}: 'init_bbox' is missing, allowed is info={{'init_bbox': [x, y, w, h]}}")
    return check_init_box(info["init_bbox"], image.shape[1], image.shape[0], where)
