"""Correlation of many feature maps with one filter, and its adjoint, as matrix products.

Score at p of a map z (C, H, W) with a filter f (C, k, k) and zero outside:

    s(p) = sum_t sum_c f_c(t) z_c(p + t - k//2)         t in {0..k-1}^2,   p in the H x W cells of the map

With an even k the cell that answers to the middle of the map is half a cell after it. Taken apart by taps, s is k^2
products with one column of f each, shifted and added: a (k^2, C) x (C, HW) matrix product and a fold. The one-channel
convolution of the library takes three to five times as long on a CPU.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F


def _flatten_taps(filt: torch.Tensor) -> torch.Tensor:
    """Filter (C, k, k) as (k^2, C), taps in reverse order."""
    return filt.flip(1, 2).flatten(1).t()


def spread_taps(maps: torch.Tensor, kernel: int) -> torch.Tensor:
    """Shift and add k^2 tap maps (N, k^2, H, W), reverse tap order, to scores (N, H, W)."""
    height, width = maps.shape[-2:]
    end = 1 - kernel % 2
    pad = kernel - 1 - kernel // 2
    folded = F.fold(maps.flatten(2), (height + end, width + end), kernel, padding=pad)  # [N, 1, H + end, W + end]
    return folded[:, 0, :height, :width]


def gather_taps(scores: torch.Tensor, kernel: int) -> torch.Tensor:
    """Adjoint of `spread_taps`: scores (N, H, W) to tap maps (N, k^2, H, W), reverse tap order."""
    height, width = scores.shape[-2:]
    end = 1 - kernel % 2
    padded = F.pad(scores[:, None], (0, end, 0, end))  # [N, 1, H + end, W + end]
    return F.unfold(padded, kernel, padding=kernel - 1 - kernel // 2).unflatten(2, (height, width))


def correlate(features: torch.Tensor, filt: torch.Tensor) -> torch.Tensor:
    """Scores (N, H, W) of features (N, C, H, W) with a filter (C, k, k)."""
    taps = torch.matmul(_flatten_taps(filt), features.flatten(2)).unflatten(2, features.shape[-2:])  # [N, k^2, H, W]
    return spread_taps(taps, filt.shape[-1])


def filter_adjoint(features: torch.Tensor, scores: torch.Tensor, kernel: int) -> torch.Tensor:
    """Adjoint of f -> correlate(features, f): scores (N, H, W) to a filter (C, k, k)."""
    taps = gather_taps(scores, kernel)
    products = torch.bmm(features.flatten(2), taps.flatten(2).transpose(1, 2)).sum(0)  # [C, k^2]
    return products.unflatten(1, (kernel, kernel)).flip(1, 2)
