"""PyTracking's search region, pixel for pixel, so that a network sees here what it sees there.

In float32 where PyTracking computes in it: which whole pixel a cut falls on must not depend on the last bit.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from siou_tracking.trackers.online.geometry import Patch

_EXPANSION = 2
"""Side of what is cut around the first target, in patch sides; its middle is used."""


def _span(middle: float, stride: int, count: int, length: int, inside: bool) -> tuple[float, float]:
    """Where a cut of `count` thinned pixels begins and ends, in thinned pixels; whole numbers or halves.

    Args:
        middle: in pixels.
        stride: pixels a thinned pixel.
        count: thinned pixels wanted.
        length: of the image, in thinned pixels.
        inside: move the cut into the image; what does not fit hangs over on both sides alike.
    """
    whole = math.trunc(middle) // stride
    low, high = whole - (count - 1) / 2, whole + count / 2 + 1
    if inside:
        shift = max(-low, 0) - max(high - length, 0)
        low, high = low + shift, high + shift
        outside = (max(-low, 0) + max(high - length, 0)) // 2
        if outside > 0:
            low, high = -outside, high - low - outside
    return low, high


def sample_region(
    image: np.ndarray, center: tuple[float, float], scale: float, size: int, max_scale_change: float | None = None
) -> Patch:
    """Cut a square out of the image and resize it to size x size.

    A square much larger than the patch is first thinned by a whole factor. What lies outside the image repeats its
    border. `Patch.center` and `Patch.scale` are PyTracking's: they may be off by up to a pixel (by as much as the
    thinning skips) from what was cut.

    Args:
        image: (H, W, 3) uint8 RGB.
        center: (x, y) in image pixels, finite.
        scale: image pixels per patch pixel, positive.
        size: S, side of the patch in pixels.
        max_scale_change: a square larger than the image shrinks until its rows or its columns fit, at most by this
            factor, and moves into the image; None: it stays as it is.
    """
    import cv2

    inside = max_scale_change is not None
    side = np.float32(scale) * np.float32(size)
    if max_scale_change is not None:
        side = np.float32(int(max(min(side, np.float32(max(image.shape[:2]))), side / np.float32(max_scale_change))))
    stride = max(int(float(side / np.float32(size)) - 0.1), 1)
    count = max(round(float(side / np.float32(stride))), 2)
    indices, middles = [], []
    for middle, length in zip(center, image.shape[1::-1], strict=True):
        skipped = math.trunc(middle) % stride
        low, high = _span(middle, stride, count, len(range(skipped, length, stride)), inside)
        at = skipped + stride * np.arange(math.trunc(low), math.trunc(high))
        indices.append(np.clip(at, skipped, skipped + (length - 1 - skipped) // stride * stride))
        middles.append((stride * (low + high) - 1) / 2)
    square = image.take(indices[1], axis=0).take(indices[0], axis=1)
    if square.shape[:2] != (size, size):
        square = cv2.resize(square.astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    pixels = torch.from_numpy(square)[None].permute(0, 3, 1, 2).float()
    return Patch(pixels, (middles[0], middles[1]), stride * (count + 0.5) / size)


def sample_first_region(image: np.ndarray, center: tuple[float, float], scale: float, size: int) -> Patch:
    """The region around a target whose box is given: the middle of one twice as wide, so finer by less than a pixel.

    Its center snaps to whole pixels, and its scale is taken to be the one asked for.
    """
    x, y = (float(round(value)) for value in center)
    wide = sample_region(image, (x, y), scale, _EXPANSION * size)
    margin = (_EXPANSION - 1) * size // 2
    return Patch(wide.pixels[:, :, margin : margin + size, margin : margin + size], (x, y), scale)
