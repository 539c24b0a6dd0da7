"""The rows that the margin losses take, from a map of shared features: object centers, or cells of a heatmap.

The shared map is the last feature before the heads, which all of them read. Both functions return as many rows as their
shapes say, with weight 0 for padding, so that no training step waits for the device to count objects.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from siou_tracking.errors import InputError


class Foreground(NamedTuple):
    """Rows for `loss(*foreground)`."""

    features: torch.Tensor
    """`(N, C)`."""
    batch_index: torch.Tensor
    """`(N,)` int64, the image of each row."""
    ids: torch.Tensor | None
    """`(N,)` integers, or None."""
    weights: torch.Tensor
    """`(N,)`, 0 for padding."""


def gather_centers(
    feature_map: torch.Tensor, cells: torch.Tensor, mask: torch.Tensor, ids: torch.Tensor | None = None
) -> Foreground:
    """The features at the object centers, where the heatmap's target is 1 and the other heads learn too.

    Args:
        feature_map: `(B, C, H, W)`.
        cells: `(B, K)` int64, `y * W + x` of up to K objects of each image; any cell of the map for padding.
        mask: `(B, K)` bool or 0 and 1, whether there is an object.
        ids: `(B, K)` integer identities.

    Raises:
        InputError: shapes that do not fit.
    """
    channels = _check_map(feature_map)
    for name, values in (("cells", cells), ("mask", mask), ("ids", ids)):
        if values is not None and (values.ndim != 2 or len(values) != len(feature_map) or values.shape != cells.shape):
            got, images = tuple(values.shape), len(feature_map)
            raise InputError(f"foreground: {name}: got shape {got}, allowed is (B, K) of one K, here with B = {images}")
    rows = _take_cells(feature_map, cells).reshape(-1, channels)
    return Foreground(rows, _number_images(cells), None if ids is None else ids.flatten(), mask.flatten())


def gather_heatmap(
    feature_map: torch.Tensor,
    heatmap: torch.Tensor,
    threshold: float,
    ids: torch.Tensor | None = None,
    limit: int | None = None,
) -> Foreground:
    """The features of all cells whose target is at least the threshold, weighted by their target.

    Args:
        feature_map: `(B, C, H, W)`.
        heatmap: target `(B, K, H, W)` in [0, 1], of which the largest class counts.
        threshold: in (0, 1]; 1 keeps the object centers alone.
        ids: `(B, H, W)` integer identity of each cell. Spreading in pairs needs them: cells of one object are several.
        limit: keep only so many cells of each image, those with the largest targets; None keeps all H * W as rows.

    Raises:
        InputError: shapes that do not fit, a threshold out of its range, or a limit below 1.
    """
    channels = _check_map(feature_map)
    images, _, height, width = feature_map.shape
    if heatmap.ndim != 4 or len(heatmap) != images or heatmap.shape[2:] != feature_map.shape[2:]:
        got = tuple(heatmap.shape)
        raise InputError(f"foreground: heatmap: got shape {got}, allowed is {(images, 'K', height, width)}")
    if ids is not None and ids.shape != (images, height, width):
        got = tuple(ids.shape)
        raise InputError(f"foreground: ids: got shape {got}, allowed is {(images, height, width)}")
    if not 0 < threshold <= 1:
        raise InputError(f"foreground: threshold: got {threshold!r}, allowed is in (0, 1]")
    if limit is not None and limit < 1:
        raise InputError(f"foreground: limit: got {limit!r}, allowed is from 1 up")
    target = heatmap.detach().amax(1).flatten(1)  # [B, H W]
    if limit is None or limit >= height * width:
        cells = torch.arange(height * width, device=target.device).expand(images, -1)
    else:
        target, cells = target.topk(limit)
    chosen = None if ids is None else ids.flatten(1).gather(1, cells).flatten()
    weights = torch.where(target >= threshold, target, 0).flatten()
    return Foreground(_take_cells(feature_map, cells).reshape(-1, channels), _number_images(cells), chosen, weights)


def _check_map(feature_map: torch.Tensor) -> int:
    if feature_map.ndim != 4:
        raise InputError(f"foreground: feature_map: got shape {tuple(feature_map.shape)}, allowed is (B, C, H, W)")
    return feature_map.shape[1]


def _take_cells(feature_map: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    index = cells[:, None].expand(-1, feature_map.shape[1], -1)  # [B, C, K]
    return feature_map.flatten(2).gather(2, index).transpose(1, 2)  # [B, K, C]


def _number_images(cells: torch.Tensor) -> torch.Tensor:
    return torch.arange(len(cells), device=cells.device).repeat_interleave(cells.shape[1])
