"""Between boxes in a patch and the maps of the network: a label, distances to edges, and back.

Cell (row, column) of a map stands for the patch's point (stride column + stride/2, stride row + stride/2), where the
patch spans 0 to S; a box in pixels by index (see `online.geometry`) is taken as it is, as PyTracking does.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from siou_tracking.trackers.online.geometry import Patch
from siou_tracking.trackers.tomp.params import TompParams


def label_map(offset: tuple[float, float], params: TompParams) -> torch.Tensor:
    """A Gaussian bump at the target.

    Args:
        offset: (dx, dy) in patch pixels from the middle of the patch to the target's center.
        params: sizes; the target is as large as the search region makes it at the target's own scale.

    Returns:
        (H, W), 1 at the center.
    """
    sigma = params.patch_size / params.search_area_factor / params.stride * params.label_sigma
    cells = torch.arange(params.cells) - (params.cells - 1) / 2
    across, down = (torch.exp(-0.5 * ((cells - shift / params.stride) / sigma) ** 2) for shift in offset)
    return down[:, None] * across[None, :]


def edge_map(box: torch.Tensor, params: TompParams) -> torch.Tensor:
    """Distances from every cell to the box's left, top, right and bottom edge.

    Args:
        box: (4,) xywh in patch pixels.
        params: sizes.

    Returns:
        (4, H, W) in parts of the patch's side, negative outside the box.
    """
    at = torch.arange(params.cells) * params.stride + params.stride // 2
    x, y, w, h = box
    columns = torch.stack([at - x, x + w - at])[:, None, :].expand(-1, params.cells, -1)  # left, right: [2, H, W]
    rows = torch.stack([at - y, y + h - at])[:, :, None].expand(-1, -1, params.cells)  # top, bottom: [2, H, W]
    return torch.stack([columns[0], rows[0], columns[1], rows[1]]) / params.patch_size


def box_at(edges: Sequence[float], row: int, column: int, patch: Patch, params: TompParams) -> tuple[float, ...]:
    """The box in the image that a cell predicts.

    Args:
        edges: left, top, right, bottom, in parts of the patch's side.
        row, column: the cell.
        patch: in which the network looked.
        params: sizes.

    Returns:
        x, y, w, h in image pixels; w and h are positive where the sums of opposite distances are.
    """
    left, top, right, bottom = (edge * params.patch_size for edge in edges)
    x, y = (index * params.stride + params.stride // 2 for index in (column, row))
    corners = zip(patch.center, (x - left, y - top), (x + right, y + bottom), strict=True)
    spans = [
        [middle + 0.5 + (at - params.patch_size / 2) * patch.scale for at in (low, high)]
        for middle, low, high in corners
    ]
    (x0, x1), (y0, y1) = spans
    return x0, y0, x1 - x0, y1 - y0


def clip_box(box: Sequence[float], width: int, height: int, min_side: float) -> tuple[float, ...]:
    """The part of a box [x, y, w, h] that is in the image, but no side shorter than `min_side`."""
    spans = []
    for low, side, length in zip(box[:2], box[2:], (width, height), strict=True):
        start = max(0.0, min(low, length - min_side))
        spans.append((start, max(start + min_side, min(low + side, length)) - start))
    (x, w), (y, h) = spans
    return x, y, w, h
