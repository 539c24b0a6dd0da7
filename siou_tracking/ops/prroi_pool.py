"""Precise RoI pooling (Jiang et al., "Acquisition of Localization Confidence for Accurate Object Detection", 2018).

Each bin of a box is the exact mean of the bilinearly interpolated feature map over the bin: no sampling points, no
rounding of coordinates. The sample of row i and column j sits at y = i, x = j, the map is zero outside its samples, and
a bin of no extent pools to zero. Gradients flow to the features and to all four coordinates. The formula follows the
paper's section 3.2; values and gradients agree with the authors' CUDA kernel (see tests).

The two-dimensional hat function is a product, so a bin's mean is  a_y F a_x^T  with the one-dimensional means of
`hat_weights`; `separable_pool` says how the products are arranged.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ops.hat_weights import bin_edges, hat_average
from siou_tracking.ops.separable_pool import MAX_SLAB_ELEMENTS, BoxRun, plan_slabs, separable_pool


class PrRoIPool2D(nn.Module):
    """`prroi_pool2d` as a module, with the constructor that PyTracking's networks call."""

    eager_calls = ("forward", "grouped")
    """Not for `torch.compile`, in a network that is compiled: which boxes are pooled together depends on the boxes."""

    def __init__(self, pooled_height: int, pooled_width: int, spatial_scale: float) -> None:
        super().__init__()
        self.pooled_height = int(pooled_height)
        self.pooled_width = int(pooled_width)
        self.spatial_scale = float(spatial_scale)

    def forward(self, features: Tensor, rois: Tensor) -> Tensor:
        return prroi_pool2d(features, rois, self.pooled_height, self.pooled_width, self.spatial_scale)

    def grouped(self, features: Tensor, boxes: Tensor) -> Tensor:
        """`prroi_pool2d_grouped` with this module's sizes."""
        return prroi_pool2d_grouped(features, boxes, self.pooled_height, self.pooled_width, self.spatial_scale)

    def extra_repr(self) -> str:
        return f"{self.pooled_height}, {self.pooled_width}, spatial_scale={self.spatial_scale:g}"


def prroi_pool2d(
    features: Tensor,
    rois: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
    *,
    max_slab_elements: int | None = None,
) -> Tensor:
    """Pool boxes given with the index of their image, in any order.

    The device waits once, to learn how many boxes each image has; `prroi_pool2d_grouped` never makes it wait.

    Args:
        features: (B, C, H, W) feature maps.
        rois: (K, 5) rows [image index, x0, y0, x1, y1], coordinates in image pixels. x1 < x0 counts as x1 = x0.
        pooled_height: bins per box, from top to bottom.
        pooled_width: bins per box, from left to right.
        spatial_scale: cells per image pixel, for example 1/16.
        max_slab_elements: bound on the elements of the intermediate array (default: `MAX_SLAB_ELEMENTS`).

    Returns:
        (K, C, pooled_height, pooled_width). Boxes that are not finite give NaN, and NaN gradients.

    Raises:
        InputError: shapes other than these, or an image index outside 0 ... B-1.
    """
    _check_inputs(features, rois, 5, 2, pooled_height, pooled_width)
    order, counts = _order_by_image(rois[:, 0].detach(), features.shape[0])
    boxes = rois[:, 1:] if order is None else rois[order, 1:]
    if counts and min(counts) == max(counts):
        runs = [BoxRun(0, len(counts), 0, counts[0])]
    else:
        first = np.cumsum([0, *counts])
        runs = [BoxRun(image, 1, int(first[image]), count) for image, count in enumerate(counts) if count]
    bins = (pooled_height, pooled_width)
    pooled = _pool_ordered(features, boxes, runs, bins, spatial_scale, max_slab_elements)
    return pooled if order is None else pooled[torch.argsort(order)]


def prroi_pool2d_grouped(
    features: Tensor,
    boxes: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
    *,
    max_slab_elements: int | None = None,
) -> Tensor:
    """Pool the same number of boxes from every image: the layout of training and tracking.

    Args:
        features: (B, C, H, W) feature maps.
        boxes: (B, P, 4) xyxy in image pixels; those of row b are pooled from map b.
        pooled_height: as in `prroi_pool2d`, and so are the next three.
        pooled_width: bins per box, from left to right.
        spatial_scale: cells per image pixel.
        max_slab_elements: bound on the elements of the intermediate array.

    Returns:
        (B, P, C, pooled_height, pooled_width).

    Raises:
        InputError: other shapes.
    """
    _check_inputs(features, boxes, 4, 3, pooled_height, pooled_width)
    images, per_image = boxes.shape[:2]
    if images != features.shape[0]:
        raise InputError(f"boxes: Precise RoI pooling: got boxes for {images} images, allowed: {features.shape[0]}")
    runs = [BoxRun(0, images, 0, per_image)]
    flat = boxes.reshape(-1, 4)
    pooled = _pool_ordered(features, flat, runs, (pooled_height, pooled_width), spatial_scale, max_slab_elements)
    return pooled.view(images, per_image, *pooled.shape[1:])  # [B, P, C, h, w]


def _pool_ordered(
    features: Tensor, boxes: Tensor, runs: list[BoxRun], bins: tuple[int, int], spatial_scale: float, limit: int | None
) -> Tensor:
    """Pool boxes (K, 4) xyxy that are ordered by image as in `runs`."""
    dtype = torch.promote_types(features.dtype, torch.float32)  # half precision cannot tell neighboring edges apart
    height, width = features.shape[2:]
    column_edges, row_edges, column_weights, row_weights = _weigh_axes(
        boxes.to(dtype) * spatial_scale, bins, (height, width)
    )
    on_cpu = features.device.type == "cpu"
    windows = _find_windows(row_edges, column_edges, (height, width)) if on_cpu else None
    limit = limit or MAX_SLAB_ELEMENTS["cpu" if on_cpu else "other"]
    slabs = plan_slabs(runs, windows, (height, width), bins[0] * features.shape[1], limit)
    return separable_pool(features.to(dtype), row_weights, column_weights, slabs).to(features.dtype)


def _weigh_axes(cells: Tensor, bins: tuple[int, int], size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Column and row edges (K, bins + 1), column and row weights (K, bins, W or H) of boxes (K, 4) xyxy in cells."""
    start, end = cells[:, :2], cells[:, 2:]
    if bins[0] == bins[1]:  # both axes at once: for few boxes the time is in the number of operations
        edges = bin_edges(start, end, bins[0])  # [K, 2, bins + 1]
        weights = hat_average(edges, max(size))  # [K, 2, bins, max(H, W)]
        return edges[:, 0], edges[:, 1], weights[:, 0, :, : size[1]], weights[:, 1, :, : size[0]]
    column_edges, row_edges = bin_edges(start[:, 0], end[:, 0], bins[1]), bin_edges(start[:, 1], end[:, 1], bins[0])
    return column_edges, row_edges, hat_average(column_edges, size[1]), hat_average(row_edges, size[0])


def _find_windows(row_edges: Tensor, column_edges: Tensor, size: tuple[int, int]) -> np.ndarray:
    """(K, 4) first and last + 1 row and column with a weight other than zero; at least one row and one column."""
    ends = torch.stack([row_edges[:, 0], row_edges[:, -1], column_edges[:, 0], column_edges[:, -1]], dim=1)
    cells = np.nan_to_num(ends.detach().numpy(), nan=0.0)
    cells[:, ::2] = np.floor(cells[:, ::2])
    cells[:, 1::2] = np.ceil(cells[:, 1::2])
    inside = np.clip(cells, 0, np.repeat(np.array(size) - 1, 2)).astype(np.int64)
    windows: np.ndarray = inside + np.array([0, 1, 0, 1])  # the last index becomes one past it
    return windows


def _order_by_image(index: Tensor, images: int) -> tuple[Tensor | None, list[int]]:
    """The order that sorts boxes by image (None when sorted already) and the number of boxes of each image."""
    if not len(index):
        return None, [0] * images
    whole = index.long()
    fair = torch.stack([whole.min(), whole.max(), (whole[1:] < whole[:-1]).sum()])
    # One transfer to the host for all that has to be known there.
    low, high, descents, *counts = torch.cat(
        [fair, torch.bincount(whole.clamp(0, images - 1), minlength=images)]
    ).tolist()
    if low < 0 or high >= images:
        bad = low if low < 0 else high
        raise InputError(f"image index: Precise RoI pooling: got {bad}, allowed: 0 to {images - 1}")
    return (torch.argsort(whole, stable=True) if descents else None), counts


def _check_inputs(features: Tensor, boxes: Tensor, last: int, dimensions: int, *bins: int) -> None:
    if features.dim() != 4 or 0 in features.shape:
        raise InputError(f"features: Precise RoI pooling: got shape {tuple(features.shape)}, allowed: (B, C, H, W)")
    if boxes.dim() != dimensions or boxes.shape[-1] != last:
        form = "(K, 5) [image, x0, y0, x1, y1]" if last == 5 else "(B, P, 4) xyxy"
        raise InputError(f"boxes: Precise RoI pooling: got shape {tuple(boxes.shape)}, allowed: {form}")
    if min(bins) < 1:
        raise InputError(f"bins: Precise RoI pooling: got {bins[0]} x {bins[1]}, allowed: at least 1 x 1")
    if not features.is_floating_point() or features.device != boxes.device:
        raise InputError(
            f"features: Precise RoI pooling: got {features.dtype} on {features.device} with boxes on {boxes.device}, "
            "allowed: floating point, both on one device"
        )
