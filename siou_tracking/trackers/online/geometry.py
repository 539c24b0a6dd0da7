"""Where the target is, the square patch cut around it, and the way between image and patch coordinates.

Coordinates count pixels by index: the middle of pixel i is i, so a box (x, y, w, h) has the center x + (w - 1)/2.
A patch of S x S pixels shows the image around `center` with `scale` image pixels a patch pixel:

    patch = (image - center) / scale + (S - 1)/2
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # an exported tracker cuts its squares where torch is not installed
    import torch

INSIDE_RATIO = 0.2
"""Share of each side of the target that has to stay inside the image."""


@dataclass(frozen=True)
class Target:
    """The target's center and size in image pixels, all finite, sizes positive."""

    cx: float
    cy: float
    w: float
    h: float

    @classmethod
    def from_box(cls, box: Sequence[float]) -> Target:
        """From [x, y, w, h]."""
        x, y, w, h = (float(value) for value in box)
        return cls(x + (w - 1) / 2, y + (h - 1) / 2, w, h)

    def box(self) -> list[float]:
        """As [x, y, w, h]."""
        return [self.cx - (self.w - 1) / 2, self.cy - (self.h - 1) / 2, self.w, self.h]

    def search_side(self, area_factor: float) -> float:
        """Side of the square search region in image pixels: sqrt(w h) * area_factor."""
        return math.sqrt(self.w * self.h) * area_factor

    def moved(self, cx: float, cy: float) -> Target:
        """The same size elsewhere."""
        return replace(self, cx=cx, cy=cy)

    def confined(self, width: int, height: int, min_side: float) -> Target:
        """Sides between `min_side` and the image's, and the center where `INSIDE_RATIO` of each side is inside."""
        return self.limited(width, height, min_side).kept_inside(width, height)

    def limited(self, width: float, height: float, min_side: float) -> Target:
        """Sides between `min_side` and these; the same center."""
        w = min(max(self.w, min_side), max(float(width), min_side))
        h = min(max(self.h, min_side), max(float(height), min_side))
        return replace(self, w=w, h=h)

    def kept_inside(self, width: int, height: int) -> Target:
        """The center where `INSIDE_RATIO` of each side is inside the image; the same sides."""
        reach = 0.5 - INSIDE_RATIO
        cx = min(max(self.cx, -reach * self.w), width + reach * self.w)
        cy = min(max(self.cy, -reach * self.h), height + reach * self.h)
        return self.moved(cx, cy)


@dataclass(frozen=True)
class Patch:
    """A square cut from an image and resized."""

    pixels: torch.Tensor
    """(1, 3, S, S) float32, 0..255, channels last."""
    center: tuple[float, float]
    """Image coordinates (x, y) of the middle of the patch."""
    scale: float
    """Image pixels per patch pixel."""

    @property
    def size(self) -> int:
        """S."""
        return self.pixels.shape[-1]

    def box_to_patch(self, box: torch.Tensor) -> torch.Tensor:
        """Image boxes (..., 4) xywh to patch boxes."""
        import torch

        wh = box[..., 2:]
        center = (box[..., :2] + (wh - 1) / 2 - box.new_tensor(self.center)) / self.scale + (self.size - 1) / 2
        wh = wh / self.scale
        return torch.cat([center - (wh - 1) / 2, wh], dim=-1)

    def box_to_image(self, box: torch.Tensor) -> torch.Tensor:
        """Patch boxes (..., 4) xywh to image boxes; the inverse of `box_to_patch`."""
        import torch

        wh = box[..., 2:]
        center = (box[..., :2] + (wh - 1) / 2 - (self.size - 1) / 2) * self.scale + box.new_tensor(self.center)
        wh = wh * self.scale
        return torch.cat([center - (wh - 1) / 2, wh], dim=-1)

    def offset(self, target: Target) -> tuple[float, float]:
        """(dx, dy) in patch pixels from the middle of the patch to the target's center."""
        return (target.cx - self.center[0]) / self.scale, (target.cy - self.center[1]) / self.scale


def _choose_indices(middle: float, stride: int, count: int, length: int) -> tuple[np.ndarray, float]:
    """`count` pixel indices `stride` apart around `middle`, held inside the image, and their exact middle."""
    first = round(middle - stride * (count - 1) / 2)
    indices = first + stride * np.arange(count)
    return np.clip(indices, 0, length - 1), first + stride * (count - 1) / 2


def cut_square(
    image: np.ndarray, center: tuple[float, float], side: float, size: int
) -> tuple[np.ndarray, tuple[float, float], float]:
    """Cut a square out of the image and resize it to size x size.

    A square much larger than the patch is first thinned by a whole factor (every second, third ... pixel), then
    resized bilinearly. What lies outside the image repeats its border. The cut snaps to whole pixels; `Patch.center`
    and `Patch.scale` describe what was really cut, so coordinates do not drift by the rounding. Geometry of ATOM's
    sampling (Danelljan et al., CVPR 2019); PyTracking's own crop is up to one pixel larger and is not corrected there.

    Args:
        image: (H, W, 3) uint8 RGB.
        center: (x, y) in image pixels, finite.
        side: of the square in image pixels, positive.
        size: S, side of the patch in pixels.

    Returns:
        (S, S, 3) float32 or, where nothing was resized, uint8; `Patch.center`; `Patch.scale`.
    """
    import cv2

    stride = max(int(side / size - 0.1), 1)
    count = max(round(side / stride), 2)
    columns, middle_x = _choose_indices(center[0], stride, count, image.shape[1])
    rows, middle_y = _choose_indices(center[1], stride, count, image.shape[0])
    square = image.take(rows, axis=0).take(columns, axis=1)
    if count != size:
        # In float, where a library of images takes a sixth of the time of torch.
        square = cv2.resize(square.astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    return square, (middle_x, middle_y), stride * count / size


def sample_patch(
    image: np.ndarray, center: tuple[float, float], side: float, size: int, device: torch.device | str = "cpu"
) -> Patch:
    """`cut_square` as a patch on the device where it is wanted."""
    import torch

    square, middle, scale = cut_square(image, center, side, size)
    return Patch(torch.from_numpy(square).to(device)[None].permute(0, 3, 1, 2).float(), middle, scale)
