"""What the dense heads read and are built of: target-conditioned features on the 14 x 14 grid, and small towers.

The search features and their product with the target's own vector, each channel at mean 0 and deviation 1, come from
the frozen backbone alone: there is nothing to train before the towers.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from experiments.head_ablation.pairs import LAYERS, Split
from siou_tracking.ltr.models.layers.blocks import ConvBlock

CHANNELS, CELLS = LAYERS["layer3"]
WIDTH = 32
"""Channels inside a tower."""
_MEASURED = 256


class Conditioner:
    """Input of the towers (B, 224, 14, 14) for regions of any split, on the scale of a training split.

    Args:
        train: the split that mean and deviation of each channel are measured on.
    """

    def __init__(self, train: Split) -> None:
        rows = torch.linspace(0, len(train) - 1, min(_MEASURED, len(train))).long()
        deviation, mean = torch.std_mean(train.search[1][rows].float(), dim=(0, 2, 3))
        self.mean, self.scale = mean, 1 / deviation.clamp_min(1e-6)

    def __call__(self, split: Split, rows: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """Features of the regions `rows`, beside their product with the vectors of the references `known`."""
        mean, scale = self.mean[:, None, None], self.scale[:, None, None]
        search = (split.search[1][rows].float() - mean) * scale
        vector = (split.vector[known] - self.mean) * self.scale
        return torch.cat((search, search * vector[:, :, None, None]), 1)


def make_tower(outputs: int, bias: float = 0.0) -> nn.Sequential:
    """A tower of three convolutions and a layer that gives maps (B, outputs, 14, 14), at first about `bias`."""
    last = nn.Conv2d(WIDTH, outputs, 1)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.constant_(cast(torch.Tensor, last.bias), bias)
    return nn.Sequential(
        ConvBlock(2 * CHANNELS, WIDTH, 1), ConvBlock(WIDTH, WIDTH, 3), ConvBlock(WIDTH, WIDTH, 3), last
    )


def cell_centers() -> torch.Tensor:
    """(2, 14, 14) x and y of each cell's middle, in shares of the crop."""
    along = (torch.arange(CELLS) + 0.5) / CELLS
    y, x = torch.meshgrid(along, along, indexing="ij")
    return torch.stack((x, y))


def take_cells(maps: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    """Values (B, C) of maps (B, C, 14, 14) at one cell each, (B,) row by row."""
    index = cells[:, None, None].expand(-1, maps.shape[1], 1)
    return maps.flatten(2).gather(2, index)[..., 0]
