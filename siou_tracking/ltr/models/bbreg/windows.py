"""A part of what two 3 x 3 convolutions make of a map, from the cells that it depends on and no others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.ltr.models.layers.blocks import ConvBlock
from siou_tracking.ltr.models.layers.folding import folded_parameters

_Corner = tuple[float, float]


class Window(NamedTuple):
    """Rows and columns of a map, and how to compute them."""

    seen: tuple[slice, slice]
    """Rows and columns of the input that they depend on."""
    rims: tuple[tuple[int, ...], tuple[int, ...]]
    """Zeros beside the input of each convolution, (left, right, top, bottom): 1 where the whole map ends, else 0."""
    origin: _Corner
    """(x, y) of the first cell."""


def find_window(features: Tensor, scale: float, low: _Corner, high: _Corner) -> Window:
    """The cells between two corners.

    Args:
        features: (..., H, W), the whole map.
        scale: cells per pixel.
        low, high: (x, y) in pixels, finite or not.
    """
    seen: list[slice] = []
    origin: list[float] = []
    rims: tuple[list[int], list[int]] = ([], [])
    for size, start, end in zip(features.shape[:-3:-1], low, high, strict=True):  # columns, then rows
        first = math.floor(min(max(start * scale, 0), size - 1))
        stop = math.ceil(min(max(end * scale, 0), size - 1)) + 1
        origin.append(float(first))
        for rim in reversed(rims):  # backwards, from what the last convolution is to make
            rim += [int(first == 0), int(stop == size)]
            first, stop = max(first - 1, 0), min(stop + 1, size)
        seen.append(slice(first, stop))
    columns, rows = seen
    return Window((rows, columns), (tuple(rims[0]), tuple(rims[1])), (origin[0], origin[1]))


def convolve_window(blocks: Sequence[ConvBlock], features: Tensor, window: Window) -> Tensor:
    """What both blocks make there, equal to that part of `blocks[1](blocks[0](features))` up to rounding.

    Args:
        blocks: two, of 3 x 3 convolutions that keep a map's size, in evaluation mode.
        features: (N, C, H, W), the whole map.
        window: of this map.

    Returns:
        (N, C', h, w).
    """
    x = features[..., window.seen[0], window.seen[1]]
    for block, rim in zip(blocks, window.rims, strict=True):
        weight, bias = folded_parameters(cast(nn.Conv2d, block[0]), cast(nn.BatchNorm2d, block[1]))
        x = functional.conv2d(functional.pad(x, rim) if any(rim) else x, weight, bias).relu_()
    return x
