"""Maps over the cells of a feature map that say where the target's edges are, as ToMP regresses boxes.

The cell in row r and column c stands for the pixel (stride c + stride / 2, stride r + stride / 2).
"""

from __future__ import annotations

import torch

from siou_tracking.errors import InputError


def cell_centers(image_sz: int, stride: int, device: torch.device | None = None) -> torch.Tensor:
    """Pixels that the cells along one axis stand for, (image_sz / stride,), float32.

    Raises:
        InputError: a size that is not a multiple of the stride.
    """
    if stride < 1 or image_sz % stride:
        raise InputError(f"box maps: image of {image_sz} pixels: got stride {stride}, allowed is one that divides it")
    return torch.arange(0, image_sz, stride, dtype=torch.float32, device=device) + stride // 2


def ltrb_map(boxes: torch.Tensor, image_sz: int, stride: int = 16, normalized: bool = True) -> torch.Tensor:
    """Distances from each cell to the left, top, right and bottom edge of boxes.

    Args:
        boxes: (N, 4) xywh in pixels of a square image.
        image_sz: its side in pixels.
        stride: pixels of a cell.
        normalized: distances in parts of the image's side, not in pixels.

    Returns:
        (N, 4, rows, columns), float32; all four are positive inside the box.
    """
    at = cell_centers(image_sz, stride, boxes.device)
    near, far = boxes[:, :2, None], (boxes[:, :2] + boxes[:, 2:])[..., None]  # (N, 2, 1)
    before, after = at - near, far - at  # (N, 2, cells)
    cells = len(at)
    columns = torch.stack((before[:, 0], after[:, 0]), 1)[:, :, None, :].expand(-1, -1, cells, -1)  # left, right
    rows = torch.stack((before[:, 1], after[:, 1]), 1)[:, :, :, None].expand(-1, -1, -1, cells)  # top, bottom
    maps = torch.stack((columns, rows), 2).flatten(1, 2)  # left, top, right, bottom
    return maps / image_sz if normalized else maps


def sample_region(boxes: torch.Tensor, image_sz: int, stride: int = 16, radius: float = 0.0) -> torch.Tensor:
    """The cells that learn a box: those inside the box, and no further than `radius` cells from its center.

    Args:
        boxes, image_sz, stride: as in `ltrb_map`.
        radius: along each axis, in cells; 0 for no bound.

    Returns:
        (N, 1, rows, columns), bool. A small box may have no cell.
    """
    at = cell_centers(image_sz, stride, boxes.device)
    near, far = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    if radius > 0:
        center = (near + far) / 2
        near, far = torch.maximum(near, center - radius * stride), torch.minimum(far, center + radius * stride)
    inside = (at > near[..., None]) & (at < far[..., None])  # (N, 2, cells)
    return (inside[:, 1, :, None] & inside[:, 0, None, :]).unsqueeze(1)
