"""Precise RoI pooling of a tracker's few boxes from one map, with its gradient to the boxes and without autograd.

Refining ten boxes is some hundred small operations; recorded and played back by autograd they take three times as long
as they do called here one after the other. Same sums as `prroi_pool`: rows first, in one product for all boxes, then
the columns of each box; the way back reuses what lies between the two.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siou_tracking.ops.hat_weights import bin_edges, hat_average_vjp


def prroi_pool_vjp(features: Tensor, boxes: Tensor, bins: int) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Pool boxes from one map; what comes with the result takes a gradient to it to one to the boxes.

    Args:
        features: (H, W, C), contiguous.
        boxes: (P, 4) xyxy in cells of the map, the first sample at 0; zero outside. x1 < x0 counts as x1 = x0.
        bins: n, along each side of a box.

    Returns:
        (P, n, n, C), and a function from a gradient of this shape to one of (P, 4).
    """
    height, width, channels = features.shape
    count = len(boxes)
    # Both axes at once: for few boxes the time is in the number of operations.
    edges = bin_edges(boxes[:, :2], boxes[:, 2:], bins)  # [P, 2, n + 1]
    weights, pull_edges = hat_average_vjp(edges, max(height, width))  # [P, 2, n, max(H, W)]
    rows = weights[:, 1, :, :height].reshape(-1, height)  # [P n, H]
    columns = weights[:, 0, :, :width].repeat_interleave(bins, dim=0)  # [P n, n, W]
    flat = features.view(height, -1)  # [H, W C]
    partial = (rows @ flat).view(-1, width, channels)  # [P n, W, C]
    pooled = torch.bmm(columns, partial)  # [P n, n, C]

    def pull(grad: Tensor) -> Tensor:
        grad = grad.reshape(-1, bins, channels)  # [P n, n, C]
        to_partial = torch.bmm(columns.transpose(1, 2), grad)  # [P n, W, C]
        to_weights = torch.zeros_like(weights)
        to_weights[:, 1, :, :height] = (to_partial.view(len(rows), -1) @ flat.t()).view(count, bins, height)
        to_columns = torch.bmm(grad, partial.transpose(1, 2))  # [P n, n, W]
        to_weights[:, 0, :, :width] = to_columns.view(count, bins, bins, width).sum(1)
        to_edges = pull_edges(to_weights)  # [P, 2, n + 1]
        # An edge moves with the two ends of its axis by its shares of the way between them.
        fractions = torch.arange(bins + 1, dtype=edges.dtype, device=edges.device) / bins
        return torch.cat([to_edges @ (1 - fractions), to_edges @ fractions], dim=1)

    return pooled.view(count, bins, bins, channels), pull
