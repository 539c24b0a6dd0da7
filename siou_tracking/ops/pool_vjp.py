"""Precise RoI pooling of a tracker's few boxes from one map, with its gradient to the boxes and without autograd.

Refining ten boxes is some hundred small operations; recorded and played back by autograd they take twice as long
as they do called here one after the other. Same sums as `prroi_pool`: rows first, in one product for all boxes, then
the columns of each box; the way back reuses what lies between the two.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siou_tracking.ops.hat_weights import hat_average_jacobian


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
    # A plain max would ask which of them it is, where an export leaves both open.
    longer: int = torch.sym_max(height, width)  # type: ignore[no-untyped-call]  # torch gives it no types
    weights, jacobian = hat_average_jacobian(boxes[:, :2], boxes[:, 2:], bins, longer)
    rows = weights[:, 1, :, :height].reshape(-1, height)  # [P n, H]
    columns = weights[:, 0, :, :width].repeat_interleave(bins, dim=0)  # [P n, n, W]
    flat = features.view(height, -1)  # [H, W C]
    partial = (rows @ flat).view(-1, width, channels)  # [P n, W, C]
    pooled = torch.bmm(columns, partial)  # [P n, n, C]

    def pull(grad: Tensor) -> Tensor:
        grad = grad.reshape(-1, bins, channels)  # [P n, n, C]
        to_partial = torch.bmm(columns.transpose(1, 2), grad).view(len(rows), -1)  # [P n, W C]
        # The products are written with the longer matrix first, which the library does in half the time.
        to_rows = (flat @ to_partial.t()).t().view(count, 1, bins, height)
        to_columns = torch.bmm(partial, grad.transpose(1, 2)).view(count, bins, width, bins).sum(1)  # [P, W, n]
        to_y = (to_rows * jacobian[:, 1, :, :, :height]).sum((2, 3))  # [P, 2]
        to_x = (to_columns.transpose(1, 2).unsqueeze(1) * jacobian[:, 0, :, :, :width]).sum((2, 3))
        return torch.stack([to_x, to_y], dim=2).flatten(1)  # [P, (x0, y0, x1, y1)]

    return pooled.view(count, bins, bins, channels), pull
