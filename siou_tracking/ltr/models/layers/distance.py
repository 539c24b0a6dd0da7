"""Functions of the distance to the target's center, as DiMP learns its label, its mask and its weights (section 3.2).

Such a function is a table of values at the distances 0, D, 2 D, ..., with straight lines between them and the last
value beyond: the sum over k of table[k] rho_k(d), with the hat functions rho_k of the paper's appendix.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def center_distance(center: Tensor, output_sz: tuple[int, int] | torch.Size) -> Tensor:
    """Euclidean distance in cells of every cell to a center.

    Args:
        center: (..., 2) as (y, x), in cells.
        output_sz: rows H and columns W.

    Returns:
        (..., H, W).
    """
    y, x = (offset.square() for offset in center_offsets(center, output_sz))
    return (y.unsqueeze(-1) + x.unsqueeze(-2)).sqrt()


def center_offsets(center: Tensor, output_sz: tuple[int, int] | torch.Size) -> tuple[Tensor, Tensor]:
    """Row minus center's y, (..., H), and column minus center's x, (..., W); arguments as `center_distance`."""
    rows, columns = (torch.arange(size, dtype=center.dtype, device=center.device) for size in output_sz)
    return rows - center[..., :1], columns - center[..., 1:]


class DistanceMap(nn.Module):
    """The hat functions rho_k of the distance to a center.

    Args:
        num_bins: K, of them.
        bin_displacement: D, cells from one to the next.
    """

    def __init__(self, num_bins: int, bin_displacement: float = 1.0) -> None:
        super().__init__()
        self.num_bins = num_bins
        self.bin_displacement = bin_displacement

    def forward(self, center: Tensor, output_sz: tuple[int, int] | torch.Size) -> Tensor:
        """(N, 2) centers as (y, x) in cells -> (N, K, H, W); at most two are not zero in a cell, and they sum to 1."""
        distance = center_distance(center.reshape(-1, 2), output_sz) / self.bin_displacement
        position = distance.clamp(max=self.num_bins - 1).unsqueeze(1)
        bins = torch.arange(self.num_bins, dtype=position.dtype, device=position.device).view(-1, 1, 1)
        return (1 - (position - bins).abs()).clamp(min=0)

    def read(self, tables: Tensor, center: Tensor, output_sz: tuple[int, int] | torch.Size) -> Tensor:
        """The functions whose tables are given, as `forward` weighs them, without making its K maps.

        Args:
            tables: (functions, K).
            center: (..., 2) as (y, x) in cells.
            output_sz: rows H and columns W.

        Returns:
            (functions, ..., H, W), differentiable in the tables.
        """
        position = (center_distance(center, output_sz) / self.bin_displacement).clamp(max=self.num_bins - 1)
        below = position.long()
        rise = torch.diff(tables, dim=1, append=tables[:, -1:])  # to the next value; none after the last
        return tables[:, below] + rise[:, below] * (position - below)
