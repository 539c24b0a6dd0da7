"""Crops around a target that keep to the image where they can, and where a box lies in such a crop.

The geometry is DiMP's. The window has the shape of the output and the area that the search area factor asks for. It is
shifted into the image, and where it is larger than the image it may be made smaller first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any  # with masks a function returns one thing more

import numpy as np
import torch

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.ltr.data.cropping.windows import Window, check_box, cut_mask, cut_window

CROP_TYPES = ("replicate", "inside", "inside_major")
OutputSize = float | Sequence[float]


def sample_target_adaptive(
    im: np.ndarray,
    target_bb: torch.Tensor,
    search_area_factor: float,
    output_sz: OutputSize,
    mode: str = "replicate",
    max_scale_change: float | None = None,
    mask: torch.Tensor | None = None,
) -> Any:
    """Cut the window around a box out of an image.

    Args:
        im: (H, W, 3) or (H, W) uint8 image.
        target_bb: (4,) box, xywh in pixels, w and h > 0.
        search_area_factor: square root of the window's area relative to sqrt(w h).
        output_sz: side of the crop in pixels, or (width, height).
        mode: what happens to a window that is larger than the image. "replicate" leaves it; "inside" makes it smaller
            until it fits both axes, "inside_major" until it fits one.
        max_scale_change: how many times smaller at most; None for no limit.
        mask: optional (H, W) tensor cropped alike, zero outside the image.

    Returns:
        (crop, window (4,) xywh in image pixels), and the cropped mask as a third element when one was given.

    Raises:
        InputError: the window would be smaller than one pixel, the box is not finite, or an unknown mode.
    """
    size = _pair(output_sz)
    window = _find_window(im.shape[:2], target_bb, search_area_factor, size, mode, max_scale_change)
    crop, crop_box = cut_window(im, window, size), torch.tensor(window, dtype=torch.float32)
    if mask is None:
        return crop, crop_box
    return crop, crop_box, cut_mask(mask, window, size, "nearest")


def transform_box_to_crop(box: torch.Tensor, crop_box: torch.Tensor, crop_sz: torch.Tensor) -> torch.Tensor:
    """Where a box lies in a crop.

    Args:
        box: (..., 4) box, xywh in image pixels.
        crop_box: (4,) window the crop shows, xywh in image pixels.
        crop_sz: (2,) width and height of the crop in pixels.

    Returns:
        (..., 4) box, xywh in crop pixels; the corner of the window maps to 0.
    """
    scale = crop_sz / crop_box[2:]
    return torch.cat(((box[..., :2] - crop_box[:2]) * scale, box[..., 2:] * scale), dim=-1)


def target_image_crop(
    frames: Sequence[np.ndarray],
    box_extract: Sequence[torch.Tensor],
    box_gt: Sequence[torch.Tensor],
    search_area_factor: float,
    output_sz: OutputSize,
    mode: str = "replicate",
    max_scale_change: float | None = None,
    masks: Sequence[torch.Tensor] | None = None,
) -> Any:
    """Crop every frame around its `box_extract` and map its `box_gt` into the crop.

    Args:
        frames: images, (H, W, 3) uint8.
        box_extract: one (4,) xywh box a frame to crop around.
        box_gt: one (4,) xywh box a frame to map.
        masks: optional (H, W) tensors, one a frame.
        search_area_factor, output_sz, mode, max_scale_change: see `sample_target_adaptive`.

    Returns:
        (crops, boxes in crop pixels), lists, and the list of cropped masks as a third element when they were given.
    """
    crop_sz = torch.tensor(_pair(output_sz), dtype=torch.float32)
    crops, boxes, cropped_masks = [], [], []
    for index, (frame, around, box) in enumerate(zip(frames, box_extract, box_gt, strict=True)):
        mask = None if masks is None else masks[index]
        crop, crop_box, *cropped = sample_target_adaptive(
            frame, around, search_area_factor, output_sz, mode, max_scale_change, mask
        )
        crops.append(crop)
        boxes.append(transform_box_to_crop(box, crop_box, crop_sz))
        cropped_masks.extend(cropped)
    return (crops, boxes) if masks is None else (crops, boxes, cropped_masks)


def _pair(output_sz: OutputSize) -> tuple[int, int]:
    width, height = output_sz if isinstance(output_sz, Sequence) else (output_sz, output_sz)
    return int(width), int(height)


def _find_window(
    image_size: Sequence[int],
    target_bb: torch.Tensor,
    factor: float,
    size: tuple[int, int],
    mode: str,
    max_scale_change: float | None,
) -> Window:
    if mode not in CROP_TYPES:
        raise unknown_name("crop_type", mode, CROP_TYPES)
    x, y, w, h = (float(v) for v in target_bb)
    check_box(x, y, w, h, factor)
    lengths = image_size[1], image_size[0]
    # Single precision, as networks were trained with: what is a whole number otherwise may be rounded up from here.
    root = np.sqrt(np.float32(w) * np.float32(h) / np.float32(size[0] * size[1]))
    sides = [math.ceil(np.float32(side) * root * np.float32(factor)) for side in size]
    if mode != "replicate":
        ratios = [side / length for side, length in zip(sides, lengths, strict=True)]
        shrink = max(1.0, max(ratios) if mode == "inside" else min(ratios))
        if max_scale_change is not None:
            shrink = min(shrink, max_scale_change)
        sides = [math.floor(side / shrink) for side in sides]
    if min(sides) < 1:
        raise InputError(
            f"crop: box x={x:g} y={y:g} w={w:g} h={h:g} in an image of {lengths[0]} x {lengths[1]}: the window is "
            "smaller than one pixel"
        )
    left, top = (
        _place(center, side, length)
        for center, side, length in zip((x + 0.5 * w, y + 0.5 * h), sides, lengths, strict=True)
    )
    return Window(left, top, *sides)


def _place(center: float, side: int, length: int) -> int:
    """Where a window begins on one axis: around `center`, but inside the image, or as much before it as after it."""
    start = round(center - side * 0.5)
    over = side - length
    if over <= 0:
        return min(max(start, 0), -over)
    if over == 1:  # a pixel is not halved: it stays on the other side than the one the window came over from
        return 0 if start < 0 else -1
    return -(over // 2)
