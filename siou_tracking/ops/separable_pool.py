"""Pooling of many windows by two small matrix products each, with bounded memory.

    out[k, :, i, j] = sum_y sum_x  row_weights[k, i, y]  column_weights[k, j, x]  features[image(k), :, y, x]

The rows are contracted first, for all boxes of an image in one matrix product, then the columns of each box. Between
the two lies an array of (boxes, bins, columns, channels); it is never held for more than one slab of boxes, and the
backward pass computes it again. On a CPU a slab also sees only the part of the map that its boxes cover, which for a
tracker's proposals is a small part; elsewhere finding that part would make the device wait, so the whole map is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple  # Any, ctx: torch declares no type with the attributes its context has

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Elements of the array between the two products: 4 MB of float32 on a CPU, the size of its caches, 256 MB of float32
# on an accelerator. A single box is never split, so one box's own bins x columns x channels is the other bound.
MAX_SLAB_ELEMENTS = {"cpu": 2**20, "other": 2**26}
# Images with few boxes share a slab up to this many boxes: a slab of its own for each costs more in calls than the
# narrower part of the map saves.
_MIN_BOXES_PER_SLAB = 8


class BoxRun(NamedTuple):
    """Consecutive images that have the same number of consecutive boxes."""

    first_image: int
    images: int
    first_box: int
    boxes_per_image: int


class Slab(NamedTuple):
    """What is computed at once: `images` x `boxes_per_image` boxes and the part of the map they see."""

    images: slice
    boxes: slice
    rows: slice
    columns: slice


def plan_slabs(
    runs: Sequence[BoxRun], windows: np.ndarray | None, size: tuple[int, int], box_elements: int, limit: int
) -> list[Slab]:
    """Cut runs of boxes into slabs whose intermediate array stays within `limit` elements (or is one box).

    Args:
        runs: the boxes by image.
        windows: (K, 4) integers, first and last + 1 row, first and last + 1 column each box sees; None for all.
        size: rows and columns of the map.
        box_elements: elements of one box's intermediate array per column of the map (bins x channels).
        limit: elements allowed at once.
    """
    slabs = []
    for run in runs:
        per_image = run.boxes_per_image
        if not per_image:
            continue
        window_limit = max(1, limit // (box_elements * size[1]))
        if windows is None:
            images_at_once = max(1, window_limit // per_image)
        else:
            images_at_once = max(1, min(window_limit, _MIN_BOXES_PER_SLAB) // per_image)
        for image in range(0, run.images, images_at_once):
            images = min(images_at_once, run.images - image)
            first = run.first_box + image * per_image
            step = images * per_image if images > 1 else min(per_image, window_limit)
            for start in range(first, first + images * per_image, step):
                boxes = slice(start, min(start + step, first + images * per_image))
                rows, columns = _join_windows(windows, boxes, size)
                slabs.append(
                    Slab(slice(run.first_image + image, run.first_image + image + images), boxes, rows, columns)
                )
    return slabs


def _join_windows(windows: np.ndarray | None, boxes: slice, size: tuple[int, int]) -> tuple[slice, slice]:
    if windows is None:
        return slice(0, size[0]), slice(0, size[1])
    low, high = windows[boxes, ::2].min(axis=0), windows[boxes, 1::2].max(axis=0)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def separable_pool(features: Tensor, row_weights: Tensor, column_weights: Tensor, slabs: Sequence[Slab]) -> Tensor:
    """Pool every box, differentiable once in all three tensors.

    Args:
        features: (B, C, H, W).
        row_weights: (K, pooled rows, H), the boxes ordered by image as in `slabs`; zero outside a slab's rows.
        column_weights: (K, pooled columns, W), likewise.
        slabs: from `plan_slabs`, covering all K boxes.

    Returns:
        (K, C, pooled rows, pooled columns), contiguous.
    """
    tensors = (features, row_weights, column_weights)
    pooled: Tensor = _SeparablePool.apply(*tensors, slabs)  # type: ignore[no-untyped-call]  # torch gives it no types
    return pooled


def _take_features(features: Tensor, slab: Slab) -> Tensor:
    """The slab's part of the map as (b, h, w * C), channels last."""
    part = features[slab.images, :, slab.rows, slab.columns].permute(0, 2, 3, 1)  # [b, h, w, C]
    return part.reshape(part.shape[0], part.shape[1], -1)  # [b, h, w C]


def _take_weights(row_weights: Tensor, column_weights: Tensor, slab: Slab) -> tuple[Tensor, Tensor]:
    """Rows as (b, P * i, h) for one product per image; columns as (P' * i, j, w), repeated for each row bin."""
    rows = row_weights[slab.boxes, :, slab.rows]  # [P', i, h] with P' = b * P
    columns = column_weights[slab.boxes, :, slab.columns]  # [P', j, w]
    bins = rows.shape[1]
    repeated = columns.unsqueeze(1).expand(-1, bins, -1, -1).reshape(-1, *columns.shape[1:])  # [P' i, j, w]
    return rows.reshape(slab.images.stop - slab.images.start, -1, rows.shape[2]), repeated  # rows: [b, P i, h]


class _SeparablePool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, features: Tensor, row_weights: Tensor, column_weights: Tensor, slabs: Sequence[Slab]
    ) -> Tensor:
        ctx.save_for_backward(features, row_weights, column_weights)
        ctx.slabs = slabs
        boxes, row_bins, column_bins = *row_weights.shape[:2], column_weights.shape[1]
        channels = features.shape[1]
        out = features.new_empty(boxes, channels, row_bins, column_bins)
        # Autocast would take the products back to half precision, which the caller has left.
        with torch.autocast(features.device.type, enabled=False):
            for slab in slabs:
                rows, columns = _take_weights(row_weights, column_weights, slab)
                partial = torch.bmm(rows, _take_features(features, slab))  # [b, P i, w C]
                pooled = torch.bmm(columns, partial.view(len(columns), -1, channels))  # [P' i, j, C]
                out[slab.boxes] = pooled.view(-1, row_bins, column_bins, channels).permute(0, 3, 1, 2)  # [P', C, i, j]
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        features, row_weights, column_weights = ctx.saved_tensors
        want_features, want_rows, want_columns = ctx.needs_input_grad[:3]
        channels = features.shape[1]
        grad_features = torch.zeros_like(features) if want_features else None
        grad_rows = torch.zeros_like(row_weights) if want_rows else None
        grad_columns = torch.zeros_like(column_weights) if want_columns else None
        row_bins, column_bins = row_weights.shape[1], column_weights.shape[1]
        with torch.autocast(features.device.type, enabled=False):
            for slab in ctx.slabs:
                rows, columns = _take_weights(row_weights, column_weights, slab)
                grad_pooled = grad[slab.boxes].permute(0, 2, 3, 1).reshape(-1, column_bins, channels)  # [P' i, j, C]
                if grad_features is not None or grad_rows is not None:
                    grad_partial = torch.bmm(columns.transpose(1, 2), grad_pooled).view(
                        *rows.shape[:2], -1
                    )  # [b, P i, w C]
                if grad_features is not None:
                    part = torch.bmm(rows.transpose(1, 2), grad_partial)  # [b, h, w C]
                    part = part.view(*part.shape[:2], -1, channels).permute(0, 3, 1, 2)  # [b, C, h, w]
                    # Added, because slabs see overlapping parts of the map; each box is in one slab only.
                    grad_features[slab.images, :, slab.rows, slab.columns] += part
                if grad_rows is not None or grad_columns is not None:
                    seen = _take_features(features, slab)
                if grad_rows is not None:
                    part = torch.bmm(grad_partial, seen.transpose(1, 2))  # [b, P i, h]
                    grad_rows[slab.boxes, :, slab.rows] = part.view(-1, row_bins, part.shape[-1])
                if grad_columns is not None:
                    partial = torch.bmm(rows, seen).view(len(columns), -1, channels)  # [P' i, w, C]
                    part = torch.bmm(grad_pooled, partial.transpose(1, 2))  # [P' i, j, w]
                    part = part.view(-1, row_bins, *part.shape[1:]).sum(1)  # [P', j, w], summed over i
                    grad_columns[slab.boxes, :, slab.columns] = part
        return grad_features, grad_rows, grad_columns, None
