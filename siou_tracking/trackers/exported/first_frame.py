"""What an exported tracker draws for its first frame, in NumPy: as `atom.augmentation` and `dimp.augmentation` do."""

from __future__ import annotations

import math

import numpy as np

from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.params import Augmentations

_IMAGES_IN_CACHE = 4


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


def draw_shifts(settings: Augmentations, size: int, random: TorchRandom) -> np.ndarray:
    """(N, 2) shifts of DiMP's copies in patch pixels, (x, y)."""
    drawn = random.rand(settings.flip + len(settings.blurs) + len(settings.rotations), 2)[:, ::-1]  # y is drawn first
    fixed = np.array(((0, 0), *settings.shifts), np.float32) * size / 2
    return np.trunc(np.concatenate([fixed, (drawn - np.float32(0.5)) * size * settings.random_shift]))


def drop_channels_by_bernoulli(features: np.ndarray, settings: Augmentations, random: TorchRandom) -> np.ndarray:
    """`drop_channels` as DiMP draws them."""
    keep = random.bernoulli(1 - settings.dropout_rate, settings.dropouts, features.shape[1], 1, 1)
    dropped: np.ndarray = features * keep / np.float32(1 - settings.dropout_rate)
    return dropped


def features_of_copies(steps: Steps, copies: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The box predictor's two layers of the first of the copies (N, S, S, 3), and the target model's of all."""
    parts = [copies[at : at + _IMAGES_IN_CACHE] for at in range(0, len(copies), _IMAGES_IN_CACHE)]
    found = [steps.run("features", pixels=part) for part in parts]
    return found[0][0][:1], found[0][1][:1], np.concatenate([part[2] for part in found])
