"""A box loss over maps of distances, as ToMP and TaMOs regress boxes: one box at each cell, (left, top, right, bottom).

Cells share their anchor point with the target's cell, so the four distances are a box in the format `ltrb`. This is the
adapter; what a pair of boxes costs is any registered loss's business. Call and return are those of the loss that the
two trackers' settings files come with.
"""

from __future__ import annotations

import torch
from torch import nn

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import BoxLoss


class DenseLTRBLoss(nn.Module):
    """Mean of a box loss over the weighted cells, and the true IoU of each.

    Args:
        loss: of boxes `(n, 4)`, with box format `ltrb` and reduction "none".

    Raises:
        InputError: a loss of another format or reduction.
    """

    def __init__(self, loss: BoxLoss) -> None:
        super().__init__()
        if (loss.box_format, loss.reduction) != ("ltrb", "none"):
            got = f"box format {loss.box_format}, reduction {loss.reduction}"
            raise InputError(f"dense box loss: got {got}, allowed is box format ltrb, reduction none")
        self.loss = loss

    def forward(
        self, pred: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss of predicted distances against target distances of the same unit.

        Args:
            pred: `(nf, ns, 4, h, w)`, or `(ns, 4, h, w)` for one frame.
            target: likewise; a negative distance is an anchor outside the target box.
            weights: bool or number for each cell, `(nf, ns, h, w)` with or without a channel of 1. Cells above zero
                count, all alike. Without weights, or if none is above zero, all cells count.

        Returns:
            The mean loss, 0-dim with a graph, and the IoU in [0, 1] of each cell that counts, `(n,)` in the order of
            `(nf, ns, h, w)`, without a graph: its entries may be overwritten. One wait for the device, to learn n.

        Raises:
            InputError: maps that are not `(..., 4, h, w)`, or of different numbers of cells.
        """
        pred, target = _boxes(pred, "pred"), _boxes(target, "target")
        cells = len(pred)
        if len(target) != cells or (weights is not None and weights.numel() != cells):
            counts = f"{cells} predictions, {len(target)} targets"
            got = counts if weights is None else f"{counts}, {weights.numel()} weights"
            raise InputError(f"dense box loss: cells: got {got}, allowed is one of each for a cell")
        if weights is not None:
            chosen = (weights.reshape(-1) > 0).nonzero().squeeze(1)
            if len(chosen):
                pred, target = pred[chosen], target[chosen]
        with torch.no_grad():
            ious = elementwise_iou(pred, target, fmt="ltrb")
        return self.loss(pred, target).mean(), ious


def _boxes(maps: torch.Tensor, name: str) -> torch.Tensor:
    """Boxes `(n, 4)`, at least float32, of maps `(..., 4, h, w)`."""
    if maps.ndim < 4 or maps.shape[-3] != 4:
        raise InputError(f"dense box loss: {name}: got shape {tuple(maps.shape)}, allowed is (nf, ns, 4, h, w)")
    return maps.movedim(-3, -1).reshape(-1, 4).to(torch.promote_types(maps.dtype, torch.float32))
