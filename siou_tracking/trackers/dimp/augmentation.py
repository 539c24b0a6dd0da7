"""Altered copies of the first search region, from which DiMP's filter learns what does not matter.

Copies, their order and their random shifts are PyTracking's, so that equal seeds give equal copies. Rotated copies are
sampled exactly, where PyTracking's library rounds to a 32nd of a pixel.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from siou_tracking.trackers.online.params import Augmentations

_REACH = 2
"""Sigmas at which a blur is cut off."""


def augment(
    region: torch.Tensor, size: int, settings: Augmentations, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut altered copies out of a wider region.

    Args:
        region: (1, 3, E, E) pixels around the middle of the search region, see `places.region_size`.
        size: S, side of the copies.
        settings: which copies.
        generator: on the CPU, draws the random shifts.

    Returns:
        (N, 3, S, S) copies: the unaltered one, shifted, mirrored, blurred and rotated ones; and the (N, 2) shifts of
        their contents in pixels, (x, y).
    """
    drawn = torch.rand(settings.flip + len(settings.blurs) + len(settings.rotations), 2, generator=generator)
    fixed = torch.tensor(((0.0, 0.0), *settings.shifts)) * size / 2
    # y is drawn first
    shifts = torch.cat([fixed, (drawn.flip(1) - 0.5) * size * settings.random_shift]).trunc()
    return cut_copies(region, shifts, size, settings), shifts.to(region)


def cut_copies(region: torch.Tensor, shifts: torch.Tensor, size: int, settings: Augmentations) -> torch.Tensor:
    """The copies of `augment` for given shifts, in operations that can be traced."""
    counts = (1 + len(settings.shifts), int(settings.flip), len(settings.blurs), len(settings.rotations))
    plain, mirrored, smooth, rotated = shifts.split(counts)
    copies = [
        _cut(region, plain, size),
        _cut(region.flip(3), mirrored, size),
        _cut_blurred(region, smooth, size, settings.blurs),
        _cut_rotated(region, rotated, size, settings.rotations),
    ]
    return torch.cat(copies)


def _cut(region: torch.Tensor, shifts: torch.Tensor, size: int, margin: int = 0) -> torch.Tensor:
    """(n, 3, S + 2 margin, S + 2 margin) middles of the region, its content moved by whole pixels (n, 2)."""
    extent = region.shape[-1]
    axis = torch.arange(-margin, size + margin) + (extent - size) // 2
    columns, rows = (axis - shifts.long()[..., None]).clamp(0, extent - 1).to(region.device).unbind(1)  # [n, S]
    return region[0].permute(1, 2, 0)[rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cut_blurred(
    region: torch.Tensor, shifts: torch.Tensor, size: int, blurs: tuple[tuple[float, float], ...]
) -> torch.Tensor:
    """Copies with Gaussian blurs of the sigmas (x, y), all at once: a group of channels for each."""
    if not blurs:
        return region.new_zeros(0, region.shape[1], size, size)
    radius = max(math.ceil(_REACH * sigma) for pair in blurs for sigma in pair)
    images = _cut(region, shifts, size, radius)  # [n, 3, S + 2 radius, S + 2 radius]
    count, channels = images.shape[:2]
    sigmas = torch.tensor(blurs).t().repeat_interleave(channels, dim=1)[..., None]  # [2, n * 3, 1]
    taps = torch.arange(-radius, radius + 1)
    weights = (-0.5 * (taps / sigmas) ** 2).exp() * (taps.abs() <= (_REACH * sigmas).ceil())
    across, down = (weights / weights.sum(-1, keepdim=True)).to(region).unsqueeze(2).unbind(0)  # [n * 3, 1, taps]
    stacked = images.reshape(1, count * channels, *images.shape[2:])
    stacked = F.conv2d(stacked, down.unsqueeze(3), groups=count * channels)
    stacked = F.conv2d(stacked, across.unsqueeze(2), groups=count * channels)
    return stacked.reshape(count, channels, size, size)


def _cut_rotated(region: torch.Tensor, shifts: torch.Tensor, size: int, angles: tuple[float, ...]) -> torch.Tensor:
    """Copies turned around the middle, then moved."""
    if not angles:
        return region.new_zeros(0, region.shape[1], size, size)
    radians = torch.tensor([math.radians(angle) for angle in angles])
    cos, sin = radians.cos(), radians.sin()
    back = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], -2)  # [n, 2, 2], to the region
    extent = region.shape[-1] - 1
    # Corners aligned: -1 and 1 are the middles of the first and last pixel.
    theta = torch.cat([back * (size - 1) / extent, -(back @ shifts[:, :, None]) * 2 / extent], dim=2)  # [n, 2, 3]
    grid = F.affine_grid(theta.to(region), [len(angles), region.shape[1], size, size], align_corners=True)
    wide = region.expand(len(angles), -1, -1, -1)
    return F.grid_sample(wide, grid, padding_mode="border", align_corners=True)


def drop_channels(features: torch.Tensor, settings: Augmentations, generator: torch.Generator) -> torch.Tensor:
    """Copies of features (1, C, H, W) with whole channels dropped, (dropouts, C, H, W)."""
    keep = torch.empty(settings.dropouts, features.shape[1], 1, 1)
    keep = keep.bernoulli_(1 - settings.dropout_rate, generator=generator)
    return features * keep.to(features) / (1 - settings.dropout_rate)
