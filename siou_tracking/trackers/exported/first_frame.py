"""What an exported tracker draws for its first frame, in NumPy: as `atom.augmentation` does, number for number."""

from __future__ import annotations

import math

import numpy as np

from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.params import Augmentations


def draw_motions(settings: Augmentations, size: int, random: TorchRandom) -> tuple[np.ndarray, np.ndarray]:
    """Linear maps (N, 2, 2) and shifts (N, 2) of the copies, in patch pixels, (x, y)."""
    fixed = 1 + len(settings.shifts)
    angles = [0.0] * (fixed + settings.flip + len(settings.blurs)) + list(settings.rotations)
    radians = np.array([math.radians(angle) for angle in angles], np.float32)
    cos, sin = np.cos(radians), np.sin(radians)
    linear = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # [N, 2, 2]
    shifts = (random.rand(len(angles), 2) - np.float32(0.5)) * settings.random_shift * size
    shifts[0] = 0
    shifts[1:fixed] = np.array(settings.shifts, np.float32).reshape(-1, 2) * size / 2
    if settings.flip:
        linear[fixed] = np.diag([-1.0, 1.0])
    return linear, np.trunc(shifts)


def sampling_maps(linear: np.ndarray, shifts: np.ndarray, size: int, extent: int) -> np.ndarray:
    """Affine maps (N, 2, 3) from a copy's corners, -1 to 1, to those of the region it is cut from.

    Args:
        linear, shifts: from `draw_motions`.
        size: side of a copy in pixels.
        extent: side of the region in pixels.
    """
    inverse = np.linalg.inv(linear)
    scale = extent - 1
    maps = [inverse * ((size - 1) / scale), -(inverse @ shifts[:, :, None]) * (2 / scale)]
    return np.concatenate(maps, axis=2).astype(np.float32)


def drop_channels(features: np.ndarray, settings: Augmentations, random: TorchRandom) -> np.ndarray:
    """Copies of features (1, C, H, W) with whole channels dropped, (dropouts, C, H, W)."""
    keep = random.rand(settings.dropouts, features.shape[1], 1, 1) >= np.float32(settings.dropout_rate)
    dropped: np.ndarray = features * keep / np.float32(1 - settings.dropout_rate)
    return dropped
