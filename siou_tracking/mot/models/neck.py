"""From the backbone's maps at several strides to the one map at stride 4 that all heads read."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.ltr.models.layers.blocks import ConvBlock


class UpsamplingNeck(nn.Module):
    """From coarse to fine: a 1x1 convolution to the common width, the coarser result added, then 3x3, batch norm, ReLU.

    The last batch norm fixes the scale of the shared feature, which is what makes a margin on its distances meaningful.

    Args:
        in_channels: of the backbone's maps, finest (stride 4) first.
        channels: of every level and of the shared feature.
    """

    def __init__(self, in_channels: Sequence[int], channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(count, channels, 1) for count in in_channels)
        self.smooth = nn.ModuleList(ConvBlock(channels, channels, 3) for _ in in_channels)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps (N, C_i, h_i, w_i), finest first, to (N, channels, h_0, w_0), not negative."""
        coarsest = len(maps) - 1
        joined = self.smooth[coarsest](self.lateral[coarsest](maps[coarsest]))
        for number in reversed(range(coarsest)):
            level = self.lateral[number](maps[number])
            # Sizes, not factors: inputs that 32 does not divide round differently at every stride.
            joined = self.smooth[number](level + functional.interpolate(joined, size=level.shape[-2:]))
        return joined
