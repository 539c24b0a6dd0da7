"""Feature maps of several resolutions as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def interpolate(x: Tensor, sz: Sequence[int] | Tensor) -> Tensor:
    """(N, C, H, W) resized bilinearly to the rows and columns `sz`."""
    size = [int(side) for side in sz]
    return x if list(x.shape[-2:]) == size else functional.interpolate(x, size, mode="bilinear", align_corners=False)


class InterpCat(nn.Module):
    """Concatenates maps along the channels, all resized to those of the fewest rows."""

    def forward(self, input: Mapping[str, Tensor] | Sequence[Tensor]) -> Tensor:
        maps = list(input.values()) if isinstance(input, Mapping) else list(input)
        smallest = min(maps, key=lambda x: x.shape[-2]).shape[-2:]
        return torch.cat([interpolate(x, smallest) for x in maps], dim=-3)
