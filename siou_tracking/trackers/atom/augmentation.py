"""Altered copies of the first search region, from which the target model learns what does not matter."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from siou_tracking.trackers.online.params import Augmentations


def _draw_motions(settings: Augmentations, size: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Linear maps (N, 2, 2) and shifts (N, 2) in patch pixels, (x, y): identity, shifts, flip, blurs, rotations."""
    angles = [0.0] * (1 + len(settings.shifts) + settings.flip + len(settings.blurs)) + list(settings.rotations)
    radians = torch.tensor([math.radians(angle) for angle in angles])
    cos, sin = radians.cos(), radians.sin()
    linear = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)  # [N, 2, 2]
    shifts = (torch.rand(len(angles), 2, generator=generator) - 0.5) * settings.random_shift * size
    fixed = 1 + len(settings.shifts)
    shifts[0] = 0
    shifts[1:fixed] = torch.tensor(settings.shifts).reshape(-1, 2) * size / 2
    if settings.flip:
        linear[fixed] = torch.diag(torch.tensor([-1.0, 1.0]))
    return linear, shifts.trunc()  # whole pixels, so that a copy that is only shifted is not blurred by interpolation


def blur(images: torch.Tensor, sigma_x: float, sigma_y: float) -> torch.Tensor:
    """Gaussian blur of images (N, C, H, W), cut at three sigmas, borders repeated."""
    for sigma, dim in ((sigma_x, 3), (sigma_y, 2)):
        radius = max(math.ceil(3 * sigma), 1)
        taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=images.device) / sigma) ** 2)
        shape = [1, 1, 1, 1]
        shape[dim] = -1
        kernel = (taps / taps.sum()).to(images).reshape(shape).expand(images.shape[1], 1, -1, -1)
        pad = (radius, radius, 0, 0) if dim == 3 else (0, 0, radius, radius)
        images = F.conv2d(F.pad(images, pad, mode="replicate"), kernel, groups=images.shape[1])
    return images


def augment(
    region: torch.Tensor, offset: tuple[float, float], size: int, settings: Augmentations, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut altered copies out of a wider region.

    Args:
        region: (1, 3, E, E) pixels around the middle of the search region, E about `EXPANSION` * size.
        offset: (x, y) of the target's center from the middle, in pixels.
        size: S, side of the copies.
        settings: which copies.
        generator: on the CPU, draws the random shifts.

    Returns:
        (N, 3, S, S) copies, the unaltered one first, and the target's offset (N, 2) from the middle of each.
    """
    linear, shifts = _draw_motions(settings, size, generator)
    inverse = torch.linalg.inv(linear)
    extent = region.shape[-1] - 1
    # Corners aligned: -1 and 1 are the middles of the first and last pixel, as in geometry.py.
    theta = torch.cat([inverse * (size - 1) / extent, -(inverse @ shifts[:, :, None]) * 2 / extent], dim=2)  # [N, 2, 3]
    grid = F.affine_grid(theta.to(region), [len(theta), 3, size, size], align_corners=True)  # [N, S, S, 2]
    copies = F.grid_sample(region.expand(len(theta), -1, -1, -1), grid, padding_mode="border", align_corners=True)
    first = 1 + len(settings.shifts) + settings.flip
    for index, (sigma_x, sigma_y) in enumerate(settings.blurs, start=first):
        copies[index : index + 1] = blur(copies[index : index + 1], sigma_x, sigma_y)
    offsets = linear @ torch.tensor(offset)[:, None]  # [N, 2, 1]
    return copies, (offsets[:, :, 0] + shifts).to(region)


def drop_channels(features: torch.Tensor, settings: Augmentations, generator: torch.Generator) -> torch.Tensor:
    """Copies of features (1, C, H, W) with whole channels dropped, (dropouts, C, H, W)."""
    keep = torch.rand(settings.dropouts, features.shape[1], 1, 1, generator=generator) >= settings.dropout_rate
    return features * keep.to(features) / (1 - settings.dropout_rate)
