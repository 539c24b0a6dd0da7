"""Fitting frames of any shape into the network's input, and boxes back onto the frame.

Coordinates are continuous: pixel i covers [i, i + 1], so x on the frame is x * scale + pad in the input, exactly.
"""

from __future__ import annotations

import functools
from typing import TypeVar

import numpy as np
import torch

GRAY = 127
"""Value of the border; about 0 after normalization."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

_Boxes = TypeVar("_Boxes", torch.Tensor, np.ndarray)


def letterbox(image: np.ndarray, width: int, height: int) -> tuple[np.ndarray, float, tuple[float, float]]:
    """The image, scaled as a whole to fit and centered on gray.

    Args:
        image: (H, W, 3) uint8 RGB.
        width, height: of the result, in pixels.

    Returns:
        (height, width, 3) uint8; the scale; the left and upper border (pad_x, pad_y) in pixels of the result. An
        object at x, y of the image is at x * scale + pad_x, y * scale + pad_y.
    """
    import cv2

    scale = fitting_scale(image.shape[1], image.shape[0], width, height)
    if scale != 1:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        # By factor, not by size: the rounded size would stretch the picture by a fraction of a pixel.
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=how)[:height, :width]
    rows, columns = image.shape[:2]
    if (rows, columns) == (height, width):
        return np.ascontiguousarray(image), scale, (0.0, 0.0)
    top, left = (height - rows) // 2, (width - columns) // 2
    out = np.full((height, width, 3), GRAY, np.uint8)
    out[top : top + rows, left : left + columns] = image
    return out, scale, (float(left), float(top))


def fitting_scale(frame_width: int, frame_height: int, width: int, height: int) -> float:
    """The factor by which a frame just fits into width x height."""
    return min(width / frame_width, height / frame_height)


def to_frame(boxes: _Boxes, scale: float, pad: tuple[float, float]) -> _Boxes:
    """Boxes (..., 4) xyxy in input pixels to pixels of the frame that was letterboxed; same kind out."""
    shift = [*pad, *pad]
    if isinstance(boxes, torch.Tensor):
        return (boxes - boxes.new_tensor(shift)) / scale
    return (boxes - np.asarray(shift, boxes.dtype)) / scale


def normalize_images(images: torch.Tensor) -> torch.Tensor:
    """The network's input, float32 with ImageNet's statistics, from frames (N, 3, H, W) uint8 RGB on any device."""
    mean, std = _statistics(images.device)
    return (images.float() - mean) / std


@functools.cache
def _statistics(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation (3, 1, 1) of bytes; kept, because copying them to the device waits for it."""
    mean, std = (torch.tensor(values, device=device).mul(255).view(3, 1, 1) for values in (MEAN, STD))
    return mean, std
