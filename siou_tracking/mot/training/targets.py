"""What the heads are to learn from annotated boxes, for a whole batch at once and on its device.

As in FairMOT: the heatmap is 1 in the cell of an object's center and falls off as a Gaussian whose reach grows with the
box; the center is clipped into the image, the box is not, so that boxes may leave the image.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siou_tracking.mot.models.boxes import cell_corners

OVERLAP = 0.7
"""IoU that a box of the reach's radius larger on every side still has with the object; CornerNet's and FairMOT's."""
_CHUNK_NUMBERS = 1 << 22


class Targets(NamedTuple):
    """Targets of B images with up to K objects; rows of padding have mask False and values that are finite."""

    heatmap: Tensor
    """(B, 1, h, w) in [0, 1], exactly 1 at centers."""
    cells: Tensor
    """(B, K) int64, row * w + column of the center; 0 for padding."""
    mask: Tensor
    """(B, K) bool, whether there is an object: a box with a size that meets the image."""
    offset: Tensor
    """(B, K, 2) of the center from its cell's corner, in cells, in [0, 1]."""
    size: Tensor
    """(B, K, 4) distances l, t, r, b from the center to the amodal box in pixels, not negative."""
    boxes: Tensor
    """(B, K, 4) xyxy in pixels, amodal."""
    identities: Tensor
    """(B, K) int64, -1 where unknown and for padding."""
    ignored: Tensor
    """(B, 1, h, w) bool, cells that are neither an object nor background."""


def build_targets(
    boxes: Tensor, identities: Tensor, width: int, height: int, stride: int, ignored: Tensor | None = None
) -> Targets:
    """Targets of a batch, without waiting for the device.

    Args:
        boxes: (B, K, 4) xyxy in input pixels, amodal. Boxes that are not finite, have no size, or lie outside the
            image are padding.
        identities: (B, K) int64 classes of the identity classifier, -1 where unknown.
        width, height: of the input, in pixels; the maps have ceil(height / stride) rows.
        stride: input pixels per cell.
        ignored: (B, Q, 4) xyxy in which the heatmap is not to be learned, but for the objects there.
    """
    boxes = boxes.float()
    rows, columns = -(-height // stride), -(-width // stride)
    x0, y0, x1, y1 = boxes.unbind(-1)
    mask = (x1 > 0) & (x0 < width) & (x1 > x0) & (y1 > 0) & (y0 < height) & (y1 > y0) & boxes.isfinite().all(-1)
    # Constants are made on the device: copying one there would wait for it.
    unit_box = (torch.arange(4, device=boxes.device) // 2).float()
    boxes = torch.where(mask[..., None], boxes, unit_box)
    low, high = boxes[..., :2], boxes[..., 2:]
    x, y = ((low + high) / 2).unbind(-1)
    x, y = x.clamp(0, width), y.clamp(0, height)
    column, row = (x / stride).floor().clamp_max(columns - 1), (y / stride).floor().clamp_max(rows - 1)
    center, corner = torch.stack((x, y), -1), torch.stack((column, row), -1)
    cells = (row * columns + column).long() * mask
    radius = gaussian_radius((high - low) / stride).floor()
    heatmap = draw_gaussians(cells, radius, mask, rows, columns)
    neither = heatmap.new_zeros(heatmap.shape, dtype=torch.bool)
    if ignored is not None:
        neither = cells_inside(ignored.float(), rows, columns, stride) & (heatmap == 0)
    size = torch.cat((center - low, high - center), dim=-1)
    offset = center / stride - corner
    return Targets(heatmap, cells, mask, offset, size, boxes, torch.where(mask, identities, -1), neither)


def gaussian_radius(sides: Tensor, overlap: float = OVERLAP) -> Tensor:
    """Reach of the Gaussian round the center of boxes with sides (..., 2) = (w, h): (...), in the unit of the sides.

    A box larger by r on every side has the IoU w h / ((w + 2 r) (h + 2 r)) = overlap; CornerNet takes such a radius
    (there the least of three such cases). The code that FairMOT and CenterNet train with has 4 overlap times this r:
    it leaves out a division in the quadratic formula, and its other two cases are larger then. That wider reach is kept
    here, because it is what their heatmaps are known to work with.
    """
    w, h = sides.unbind(-1)
    total = 2 * overlap * (w + h)
    return ((total.square() + 16 * overlap * (1 - overlap) * w * h).sqrt() - total) / 2


def draw_gaussians(cells: Tensor, radius: Tensor, mask: Tensor, rows: int, columns: int) -> Tensor:
    """The largest of the objects' Gaussians in each cell: (B, 1, rows, columns).

    Each is exp(-(dx^2 + dy^2) / (2 s^2)) within `radius` cells of its center cell in x and in y, else 0; s is a sixth
    of the width 2 radius + 1. It is exactly 1 at its center cell.

    Args:
        cells: (B, K) int64, row * columns + column.
        radius: (B, K) whole numbers of cells, from 0.
        mask: (B, K) bool; False draws nothing.
    """
    corner = cell_corners(cells, columns)
    spread = 2 * ((2 * radius + 1) / 6).square()

    def profile(length: int, centers: Tensor) -> Tensor:
        away = (torch.arange(length, device=cells.device) - centers[..., None]).abs()
        return torch.exp(-away.square() / spread[..., None]) * (away <= radius[..., None])

    across = profile(columns, corner[..., 0])
    down = profile(rows, corner[..., 1]) * mask[..., None]
    heatmap = down.new_zeros(len(cells), rows, columns)
    # A few objects of all images at a time: all of a large batch at once would not fit into memory.
    step = max(1, _CHUNK_NUMBERS // max(1, heatmap.numel()))
    for start in range(0, cells.shape[1], step):
        chosen = slice(start, start + step)
        drawn = down[:, chosen, :, None] * across[:, chosen, None, :]
        heatmap = torch.maximum(heatmap, drawn.amax(1))
    return heatmap[:, None]


def cells_inside(boxes: Tensor, rows: int, columns: int, stride: int) -> Tensor:
    """(B, 1, rows, columns) bool, whether a cell's middle lies in any of the boxes (B, Q, 4) xyxy in pixels."""
    low, high = boxes[..., :2, None], boxes[..., 2:, None]
    x, y = ((torch.arange(count, device=boxes.device) + 0.5) * stride for count in (columns, rows))
    across = (x > low[..., 0, :]) & (x < high[..., 0, :])
    down = (y > low[..., 1, :]) & (y < high[..., 1, :])
    hits = torch.einsum("bqh,bqw->bhw", down.float(), across.float())
    return (hits > 0)[:, None]
