"""Boxes from the dense maps: every cell states one box."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def decode_boxes(outputs: Mapping[str, Tensor], stride: int) -> Tensor:
    """The box of each cell: its center ((column, row) + offset) * stride, and the distances from there to the sides.

    Args:
        outputs: what `MOTNet` returns; "offset" (N, 2, h, w) in cells, x first, and "size" (N, 4, h, w), the
            distances l, t, r, b in input pixels.
        stride: input pixels per cell.

    Returns:
        (N, 4, h, w) xyxy in input pixels, at least float32; differentiable.
    """
    offset, size = outputs["offset"], outputs["size"]
    dtype = torch.promote_types(offset.dtype, torch.float32)  # half precision has no quarter pixels beyond 512
    rows, columns = offset.shape[-2:]
    x = torch.arange(columns, device=offset.device, dtype=dtype)
    y = torch.arange(rows, device=offset.device, dtype=dtype)[:, None]
    cells = torch.stack(torch.broadcast_tensors(x, y))
    center = (cells + offset.to(dtype)) * stride
    size = size.to(dtype)
    return torch.cat((center - size[:, :2], center + size[:, 2:]), dim=1)


def boxes_at(outputs: Mapping[str, Tensor], cells: Tensor, stride: int) -> Tensor:
    """The boxes of some cells only, as `decode_boxes` has them.

    Args:
        outputs: "offset" and "size" of `MOTNet`.
        cells: (N, K) int64, row * w + column.
        stride: input pixels per cell.

    Returns:
        (N, K, 4) xyxy in input pixels, at least float32; differentiable.
    """
    offset, size = gather_cells(outputs["offset"], cells), gather_cells(outputs["size"], cells)
    columns = outputs["offset"].shape[-1]
    center = (cell_corners(cells, columns) + offset) * stride
    return torch.cat((center - size[..., :2], center + size[..., 2:]), dim=-1)


def gather_cells(values: Tensor, cells: Tensor) -> Tensor:
    """The columns of a map (N, C, h, w) at cells (N, K) of row * w + column: (N, K, C), at least float32."""
    index = cells[:, None].expand(-1, values.shape[1], -1)
    taken = values.flatten(2).gather(2, index).transpose(1, 2)
    return taken.to(torch.promote_types(values.dtype, torch.float32))


def cell_corners(cells: Tensor, columns: int) -> Tensor:
    """Column and row (..., 2), float32, of cells (...) numbered row * columns + column."""
    return torch.stack((cells % columns, cells // columns), dim=-1).float()
