"""The center of the foreground features: of the batch, of each image, or a running estimate.

Nothing here asks the device for a number: how many rows or images there are in effect stays in tensors, so that a
training step does not wait.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

CENTERS = ("batch", "image", "ema")


class Center(NamedTuple):
    """Where each row's center is, and what the center is worth."""

    value: torch.Tensor
    """`(C,)` for all rows or `(N, C)`, a row for each."""
    usable: torch.Tensor
    """Bool, () or `(N,)`: False where a row would be measured against itself alone."""
    correction: torch.Tensor
    """() or `(N,)`: N / (N - 1), by which the squared distance to a mean of N is too small on average; at least 1."""


def batch_center(features: torch.Tensor, weights: torch.Tensor) -> Center:
    """One weighted mean of all rows `(N, C)`, with weights `(N,)`."""
    sums = (features * weights[:, None]).sum(0)
    return _weighted_center(sums, weights.sum(), weights.square().sum(), (weights > 0).sum())


def image_centers(features: torch.Tensor, weights: torch.Tensor, batch_index: torch.Tensor) -> Center:
    """The weighted mean of each image's rows: `(N, C)` features, `(N,)` weights, `(N,)` integer image numbers."""
    group = _rank_groups(batch_index)
    columns = (features * weights[:, None], *(w[:, None] for w in (weights, weights.square(), weights > 0)))
    table = torch.cat([column.to(features.dtype) for column in columns], dim=1)  # [N, C + 3]
    # Summed into the group's row, then handed back to each of its members: [N, C + 3] again.
    sums = torch.zeros_like(table).index_add(0, group, table).index_select(0, group)
    return _weighted_center(sums[:, :-3], *sums[:, -3:].unbind(1))


def _rank_groups(index: torch.Tensor) -> torch.Tensor:
    # Equal numbers get an equal rank below N: any image numbers will do, and no maximum has to be asked for.
    order = index.argsort()
    ranked = index.index_select(0, order)
    rank = (ranked.diff(prepend=ranked[:1]) != 0).cumsum(0)
    return torch.empty_like(rank).scatter(0, order, rank)


def _weighted_center(sums: torch.Tensor, total: torch.Tensor, squares: torch.Tensor, rows: torch.Tensor) -> Center:
    safe = torch.where(total > 0, total, 1)
    usable = rows > 1
    # With unequal weights the mean is worth total^2 / squares rows; equal weights make that their number.
    correction = 1 / (1 - torch.where(usable, squares / safe.square(), 0))
    return Center(sums / (safe[..., None] if sums.ndim > 1 else safe), usable, correction)


class RunningCenter(nn.Module):
    """A center that follows the batches: `center += momentum * (batch mean - center)`, the first batch's mean at first.

    As in center loss (Wen et al., ECCV 2016). It has no gradient, is saved with the module, moves in training mode only
    and keeps its place when a batch is empty or not finite.

    Args:
        channels: C of the features.
        momentum: in (0, 1].
    """

    center: torch.Tensor
    batches: torch.Tensor

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("center", torch.zeros(channels))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def forward(self, features: torch.Tensor, weights: torch.Tensor, update: bool = True) -> Center:
        """Center before this batch moves it; before the first batch, that batch's own."""
        own = batch_center(features.detach(), weights.detach())
        known = self.batches > 0
        value = torch.where(known, self.center.to(features.dtype), own.value)
        if update and self.training:
            with torch.no_grad():
                arrived = (weights > 0).any() & own.value.isfinite().all()
                moved = torch.where(known, value.lerp(own.value, self.momentum), own.value)
                self.center.copy_(torch.where(arrived, moved, value))
                self.batches.add_(arrived)
        return Center(value, known | own.usable, torch.ones_like(own.correction))
