"""The copies of a first frame are drawn as by the tracker with torch."""

import numpy as np
import torch

from siou_tracking.trackers.atom import augmentation
from siou_tracking.trackers.atom.params import LITE_AUGMENTATIONS
from siou_tracking.trackers.exported.first_frame import draw_motions, drop_channels, sampling_maps
from siou_tracking.trackers.exported.torch_random import TorchRandom


def test_motions_and_dropped_channels_are_those_of_the_seed():
    generator, random = torch.Generator().manual_seed(4), TorchRandom(4)
    linear, shifts = draw_motions(LITE_AUGMENTATIONS, 224, random)
    wanted = augmentation._draw_motions(LITE_AUGMENTATIONS, 224, generator)
    np.testing.assert_allclose(linear, wanted[0], atol=1e-7)
    np.testing.assert_array_equal(shifts, wanted[1])
    features = np.linspace(1, 2, 24, dtype=np.float32).reshape(1, 6, 2, 2)
    dropped = drop_channels(features, LITE_AUGMENTATIONS, random)
    np.testing.assert_array_equal(
        dropped, augmentation.drop_channels(torch.from_numpy(features), LITE_AUGMENTATIONS, generator)
    )


def test_the_unaltered_copy_is_the_middle_half_of_the_region():
    linear, shifts = draw_motions(LITE_AUGMENTATIONS, 100, TorchRandom(0))
    maps = sampling_maps(linear, shifts, 100, 200)
    np.testing.assert_allclose(maps[0], [[99 / 199, 0, 0], [0, 99 / 199, 0]], rtol=1e-6)
    # shifted by 0.6 half sides to the right and down: 30 pixels, seen 30 pixels further to the left and up
    np.testing.assert_allclose(maps[1][:, 2], [-60 / 199, -60 / 199], rtol=1e-6)
