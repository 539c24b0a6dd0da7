"""Sines and cosines of a place in a feature map, of evenly spaced frequencies (Mildenhall et al., "NeRF", 2020, has
powers of two)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError, unknown_name

_EPS = 1e-6


class NerfPositionalEncoding(nn.Module):
    """sin(f pi x) for every frequency and coordinate, then cos(f pi x): (..., D) -> (..., 2 depth D).

    Args:
        depth: frequencies.
        sine_type: 'lin_sine' has the frequencies 1, 2, ..., depth, 'exp_sine' 1, 2, 4, ...
        avoid_aliasing: scale them so that the largest of 'lin_sine' is the map's size.
        max_spatial_resolution: that size, rows or columns, whichever is larger.

    Raises:
        InputError: another `sine_type`, or `avoid_aliasing` without the size.
    """

    def __init__(
        self,
        depth: int = 10,
        sine_type: str = "lin_sine",
        avoid_aliasing: bool = False,
        max_spatial_resolution: int | None = None,
    ) -> None:
        super().__init__()
        kinds = {"lin_sine": [i + 1 for i in range(depth)], "exp_sine": [2**i for i in range(depth)]}
        if sine_type not in kinds:
            raise unknown_name("sine_type", sine_type, kinds)
        if avoid_aliasing and max_spatial_resolution is None:
            raise InputError("position encoding: avoid_aliasing: got no max_spatial_resolution, expected a map's size")
        factor = max_spatial_resolution / depth if avoid_aliasing and max_spatial_resolution is not None else 1.0
        self.frequencies = [i * factor * math.pi for i in kinds[sine_type]]

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        frequencies = torch.tensor(self.frequencies, dtype=inputs.dtype, device=inputs.device)
        angles = (frequencies[:, None] * inputs.unsqueeze(-2)).flatten(-2)  # (..., depth, D) -> (..., depth D)
        return torch.cat([angles.sin(), angles.cos()], dim=-1)


class PositionEmbeddingSine(nn.Module):
    """The encoding of each cell of a map, by its place between the edges, 0 to 1.

    Args:
        num_pos_feats: half of the channels.
        temperature, normalize, scale: not used; upstream's settings may give them.
        sine_type, avoid_aliazing (upstream's spelling), max_spatial_resolution: see `NerfPositionalEncoding`; a size
            may also be a pair, rows and columns.
    """

    def __init__(
        self,
        num_pos_feats: int = 64,
        temperature: float = 10000,
        normalize: bool = False,
        scale: float | None = None,
        sine_type: str = "lin_sine",
        avoid_aliazing: bool = False,
        max_spatial_resolution: int | tuple[int, int] | list[int] | None = None,
    ) -> None:
        super().__init__()
        size = max_spatial_resolution
        largest = max(size) if isinstance(size, (tuple, list)) else size
        self.sine = NerfPositionalEncoding(num_pos_feats // 2, sine_type, avoid_aliazing, largest)

    @torch.no_grad()
    def forward(self, mask: Tensor) -> Tensor:
        """(N, H, W), True where a cell is padding -> (N, 2 num_pos_feats, H, W) float32."""
        # Float32 whatever the network's precision: the reference values are made so.
        y, x = ((~mask).cumsum(dim, dtype=torch.float32) for dim in (1, 2))
        y = (y - 0.5) / (y[:, -1:] + _EPS)
        x = (x - 0.5) / (x[:, :, -1:] + _EPS)
        return self.sine(torch.stack([x, y], dim=-1)).permute(0, 3, 1, 2)
