"""Square crops around a target, centered on it, and where a box lies in such a crop.

The geometry is ATOM's: side = ceil(sqrt(w h) * search_area_factor), the window starts at round(center - side / 2), and
the window is resized bilinearly to a fixed size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from siou_tracking.ltr.data.cropping.windows import Window, check_box, cut_mask, cut_window


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
    check_box(x, y, w, h, search_area_factor)
    side = math.ceil(math.sqrt(w * h) * search_area_factor)
    window = Window(round(x + 0.5 * w - 0.5 * side), round(y + 0.5 * h - 0.5 * side), side, side)
    size, factor = (None, 1.0) if output_sz is None else ((output_sz, output_sz), output_sz / side)
    crop = cut_window(im, window, size)
    if mask is None:
        return crop, factor
    return crop, factor, cut_mask(mask, window, size, "bilinear")


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
