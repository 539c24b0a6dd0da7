"""Putting drawn layers into a picture, and reading the annotation off them."""

from __future__ import annotations

import numpy as np

from siou_tracking.scenes.sprites import Layer


def overlap(layer: Layer, height: int, width: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Rows and columns of the picture that the layer lies over, and the same pixels' rows and columns in the layer."""
    h, w = layer.target.shape
    x0, y0 = max(layer.x, 0), max(layer.y, 0)
    x1, y1 = max(x0, min(layer.x + w, width)), max(y0, min(layer.y + h, height))
    picture = (slice(y0, y1), slice(x0, x1))
    return picture, (slice(y0 - layer.y, y1 - layer.y), slice(x0 - layer.x, x1 - layer.x))


def over(picture: np.ndarray, layer: Layer, light: float = 1.0) -> None:
    """Draw `layer` over `picture` (h, w, 3) float32 in place; `light` scales the layer's color."""
    there, here = overlap(layer, *picture.shape[:2])
    part = layer.rgba[here]
    region = picture[there]
    region *= 1 - part[..., 3:] * np.float32(1 / 255)
    region += part[..., :3] * np.float32(light)


def hide(hidden: np.ndarray, layer: Layer) -> None:
    """Add the layer's coverage to `hidden` (h, w) float32 0..255 in place."""
    there, here = overlap(layer, *hidden.shape)
    region, alpha = hidden[there], layer.rgba[here][..., 3]
    region += alpha * (1 - region * np.float32(1 / 255))


def inside(layer: Layer | None, height: int, width: int) -> tuple[np.ndarray, int]:
    """The target's mask (height, width) in the image, and its area in pixels with what lies outside."""
    mask = np.zeros((height, width), bool)
    if layer is None:
        return mask, 0
    there, here = overlap(layer, height, width)
    solid = layer.target > 127.5
    mask[there] = solid[here]
    return mask, int(np.count_nonzero(solid))


def bound(mask: np.ndarray) -> np.ndarray:
    """Tight box (4,) x, y, w, h of a boolean mask: pixel i spans [i, i + 1]; zeros for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return np.zeros(4)
    x, y = float(columns[0]), float(rows[0])
    return np.array([x, y, columns[-1] + 1 - x, rows[-1] + 1 - y])
