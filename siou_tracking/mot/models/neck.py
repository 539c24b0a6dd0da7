"""From the backbone's maps at several strides to the one map at stride 4 that all heads read."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.ltr.models.layers.folding import conv_norm


class UpsamplingNeck(nn.Module):
    """1x1 convolutions to a common width, added from coarse to fine by nearest upsampling; then 3x3, batch norm, ReLU.

    The batch norm fixes the scale of the shared feature, which is what makes a margin on its distances meaningful.

    Args:
        in_channels: of the backbone's maps, finest (stride 4) first.
        channels: of the sum and of the shared feature.
    """

    def __init__(self, in_channels: Sequence[int], channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(count, channels, 1) for count in in_channels)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps (N, C_i, h_i, w_i), finest first, to (N, channels, h_0, w_0), not negative."""
        joined: Tensor | None = None
        for lateral, features in zip(reversed(self.lateral), reversed(maps), strict=True):
            level = lateral(features)
            # Sizes, not factors: inputs that 32 does not divide round differently at every stride.
            joined = level if joined is None else level + functional.interpolate(joined, size=level.shape[-2:])
        return functional.relu(conv_norm(self.conv, self.norm, joined))
