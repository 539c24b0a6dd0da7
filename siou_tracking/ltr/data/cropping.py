"""Square crops around a target, and where a box lies in such a crop.

The geometry is ATOM's: side = ceil(sqrt(w h) * search_area_factor), the window starts at round(center - side / 2), what
lies outside the image repeats the image's edge, and the window is resized bilinearly to a fixed size. A window never
reads the last row and column of the image; networks trained with PyTracking saw exactly that, so it is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from siou_tracking.errors import InputError

LARGEST_PADDED_SIDE = 4096
"""Beyond this side in pixels a window is sampled where the output needs it instead of being built in memory."""


def sample_target(
    im: np.ndarray,
    target_bb: torch.Tensor,
    search_area_factor: float,
    output_sz: int | None = None,
    mask: torch.Tensor | None = None,
) -> tuple:
    """Cut the square window around a box out of an image.

    Args:
        im: (H, W, 3) or (H, W) uint8 image.
        target_bb: (4,) box, xywh in pixels, w and h > 0.
        search_area_factor: side of the window relative to sqrt(w h).
        output_sz: side of the returned crop in pixels; None leaves the window at its own size.
        mask: optional (H, W) tensor cropped alike, zero outside the image.

    Returns:
        (crop, output_sz / side), and the cropped mask as a third element when one was given.

    Raises:
        InputError: the window would be smaller than one pixel, or the box is not finite.
    """
    x, y, w, h = (float(v) for v in target_bb)
    side = _measure_window(x, y, w, h, search_area_factor)
    left, top = round(x + 0.5 * w - 0.5 * side), round(y + 0.5 * h - 0.5 * side)
    factor = 1.0 if output_sz is None else output_sz / side
    if output_sz is not None and side > LARGEST_PADDED_SIDE:
        crop = _cut_sampled(im, left, top, side, output_sz)
    else:
        crop = _resize_window(_cut_padded(im, left, top, side), output_sz)
    if mask is None:
        return crop, factor
    return crop, factor, _cut_mask(mask, left, top, side, output_sz)


def transform_image_to_crop(
    box_in: torch.Tensor, box_extract: torch.Tensor, resize_factor: float, crop_sz: torch.Tensor
) -> torch.Tensor:
    """Where `box_in` lies in the crop that was taken around `box_extract`.

    Args:
        box_in: (..., 4) box, xywh in image pixels.
        box_extract: (..., 4) box the crop was taken around, xywh in image pixels.
        resize_factor: output size / window side, as `sample_target` returns it.
        crop_sz: (2,) width and height of the crop in pixels.

    Returns:
        (..., 4) box, xywh in crop pixels; the center of `box_extract` maps to (crop_sz - 1) / 2.
    """
    offset = (box_in[..., :2] + 0.5 * box_in[..., 2:]) - (box_extract[..., :2] + 0.5 * box_extract[..., 2:])
    size = box_in[..., 2:] * resize_factor
    corner = 0.5 * (crop_sz - 1) + offset * resize_factor - 0.5 * size
    return torch.cat((corner, size), dim=-1)


def jittered_center_crop(
    frames: Sequence[np.ndarray],
    box_extract: Sequence[torch.Tensor],
    box_gt: Sequence[torch.Tensor],
    search_area_factor: float,
    output_sz: int,
    masks: Sequence[torch.Tensor] | None = None,
) -> tuple[list[np.ndarray], list[torch.Tensor], list[torch.Tensor] | None]:
    """Crop every frame around its `box_extract` and map its `box_gt` into the crop.

    Args:
        frames: images, (H, W, 3) uint8.
        box_extract: one (4,) xywh box a frame to crop around.
        box_gt: one (4,) xywh box a frame to map.
        search_area_factor: see `sample_target`.
        output_sz: side of the crops in pixels.
        masks: optional (H, W) tensors, one a frame.

    Returns:
        (crops, boxes in crop pixels, cropped masks or None), lists of equal length.
    """
    crop_sz = torch.tensor([output_sz, output_sz], dtype=torch.float32)
    crops, boxes, cropped_masks = [], [], []
    for index, (frame, around, box) in enumerate(zip(frames, box_extract, box_gt, strict=True)):
        mask = None if masks is None else masks[index]
        crop, factor, *cropped = sample_target(frame, around, search_area_factor, output_sz, mask)
        crops.append(crop)
        boxes.append(transform_image_to_crop(box, around, factor, crop_sz))
        cropped_masks.extend(cropped)
    return crops, boxes, None if masks is None else cropped_masks


def _measure_window(x: float, y: float, w: float, h: float, factor: float) -> int:
    area = w * h
    if not all(map(math.isfinite, (x, y, w, h, area))) or min(w, h) <= 0 or factor <= 0:
        raise InputError(
            f"crop: box x={x:g} y={y:g} w={w:g} h={h:g} with search area factor {factor:g}: the window is smaller than "
            "one pixel or not finite, allowed are finite boxes with w and h above 0"
        )
    return math.ceil(math.sqrt(area) * factor)


def _split_span(start: int, side: int, length: int) -> tuple[int, int, int, int]:
    """For one axis: first and end index inside the image, and how many copies of the edge go before and after."""
    usable = max(length - 1, 1)
    first = min(max(start, 0), usable - 1)
    end = min(max(start + side, first + 1), usable)
    before = min(max(-start, 0), side - 1)
    return first, end, before, side - before - (end - first)


def _cut_padded(im: np.ndarray, left: int, top: int, side: int) -> np.ndarray:
    import cv2

    x0, x1, pad_left, pad_right = _split_span(left, side, im.shape[1])
    y0, y1, pad_top, pad_bottom = _split_span(top, side, im.shape[0])
    window = im[y0:y1, x0:x1]
    if not (pad_left or pad_right or pad_top or pad_bottom):
        return window
    return cv2.copyMakeBorder(window, pad_top, pad_bottom, pad_left, pad_right, cv2.BORDER_REPLICATE)


def _resize_window(window: np.ndarray, output_sz: int | None) -> np.ndarray:
    import cv2

    return window if output_sz is None else cv2.resize(window, (output_sz, output_sz))


def _find_taps(start: int, side: int, length: int, output_sz: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For one axis: the two source indices of each output pixel and the weight of the second."""
    position = np.clip((np.arange(output_sz) + 0.5) * (side / output_sz) - 0.5, 0, side - 1)
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, side - 1)
    last = max(length - 1, 1) - 1
    return np.clip(lower + start, 0, last), np.clip(upper + start, 0, last), (position - lower).astype(np.float32)


def _cut_sampled(im: np.ndarray, left: int, top: int, side: int, output_sz: int) -> np.ndarray:
    """The resized window without building it: bilinear sampling reads two rows and two columns an output pixel."""
    x0, x1, wx = _find_taps(left, side, im.shape[1], output_sz)
    y0, y1, wy = _find_taps(top, side, im.shape[0], output_sz)
    shape = (1, -1) + (1,) * (im.ndim - 2)
    upper = im[y0][:, x0] * (1 - wx).reshape(shape) + im[y0][:, x1] * wx.reshape(shape)  # (S, S, 3)
    lower = im[y1][:, x0] * (1 - wx).reshape(shape) + im[y1][:, x1] * wx.reshape(shape)
    wy = wy.reshape((-1, 1) + (1,) * (im.ndim - 2))
    return np.rint(upper * (1 - wy) + lower * wy).astype(im.dtype)


def _cut_mask(mask: torch.Tensor, left: int, top: int, side: int, output_sz: int | None) -> torch.Tensor:
    height, width = mask.shape
    window = mask.new_zeros(side, side, dtype=torch.float32)
    x0, x1 = max(left, 0), min(left + side, width)
    y0, y1 = max(top, 0), min(top + side, height)
    if x1 > x0 and y1 > y0:
        window[y0 - top : y1 - top, x0 - left : x1 - left] = mask[y0:y1, x0:x1].float()
    if output_sz is None:
        return window
    size = (output_sz, output_sz)
    return torch.nn.functional.interpolate(window[None, None], size, mode="bilinear", align_corners=False)[0, 0]
