"""Gaussian maps over a grid of feature cells, with the peak where a target's center falls.

The grid of `sz` cells has its middle at 0: cell i lies at i - (sz - 1) / 2. A filter with an even number of cells gives
one score more than there are features, so a map for it has one cell more at its end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

Pair = float | Sequence[float]


def gauss_1d(sz: int, sigma: float, center: torch.Tensor, end_pad: int = 0, density: bool = False) -> torch.Tensor:
    """Gaussians along one axis.

    Args:
        sz: cells; sigma: standard deviation in cells.
        center: (n,) in cells from the middle.
        end_pad: cells more at the end.
        density: scale to an integral of 1 instead of a peak of 1.

    Returns:
        (n, sz + end_pad).
    """
    cells = torch.arange(sz + end_pad, dtype=torch.float32, device=center.device) - (sz - 1) / 2
    values = torch.exp((cells - center.reshape(-1, 1)).square() * (-0.5 / sigma**2))
    return values / (math.sqrt(2 * math.pi) * sigma) if density else values


def gauss_2d(
    sz: Sequence[int], sigma: Pair, center: torch.Tensor, end_pad: Sequence[int] = (0, 0), density: bool = False
) -> torch.Tensor:
    """Gaussians on a grid: (n, sz[1] + end_pad[1], sz[0] + end_pad[0]), rows first.

    Args:
        sz, sigma, end_pad: see `gauss_1d`, x before y; one sigma counts for both axes.
        center: (n, 2) x and y, in cells from the middle.
    """
    across, down = _pair(sigma)
    x = gauss_1d(int(sz[0]), across, center[:, 0], end_pad[0], density)
    y = gauss_1d(int(sz[1]), down, center[:, 1], end_pad[1], density)
    return y.unsqueeze(2) * x.unsqueeze(1)  # (n, rows, columns)


def gaussian_label_function(
    target_bb: torch.Tensor,
    sigma_factor: float,
    kernel_sz: Pair,
    feat_sz: Pair,
    image_sz: Pair,
    end_pad_if_even: bool = True,
    density: bool = False,
    uni_bias: float = 0,
) -> torch.Tensor:
    """What a target classifier shall answer for boxes.

    Args:
        target_bb: (n, 4) xywh in pixels.
        sigma_factor: standard deviation, as a share of the square root of the number of cells.
        kernel_sz: cells of the filter, feat_sz: of the features, image_sz: pixels of the image; each a number for both
            axes, or (x, y).
        end_pad_if_even: one cell more where the filter has an even number of them.
        density: a density over cells instead of a peak of 1.
        uni_bias: added everywhere; for a density the share that is spread evenly.

    Returns:
        (n, rows, columns) float32.
    """
    kernel, cells, pixels = _pair(kernel_sz), _pair(feat_sz), _pair(image_sz)
    even = [1 - int(k) % 2 for k in kernel]
    grid, image = target_bb.new_tensor(cells), target_bb.new_tensor(pixels)
    middle = target_bb[:, :2] + 0.5 * target_bb[:, 2:4]
    center = grid * ((middle - image / 2) / image) + 0.5 * target_bb.new_tensor(even)  # (n, 2), cells from the middle
    end_pad = even if end_pad_if_even else (0, 0)
    sigma = sigma_factor * math.sqrt(cells[0] * cells[1])
    maps = gauss_2d([int(c) for c in cells], sigma, center, end_pad, density)
    if not density:
        return maps + uni_bias if uni_bias else maps
    return (1 - uni_bias) * maps + uni_bias / (maps.shape[-1] * maps.shape[-2])


def _pair(value: Pair) -> tuple[float, float]:
    x, y = value if isinstance(value, Sequence) else (value, value)
    return x, y
