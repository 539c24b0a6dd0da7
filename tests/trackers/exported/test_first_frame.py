"""The copies of a first frame are drawn as by the tracker with torch."""

import numpy as np
import torch

from siou_tracking.trackers.atom import augmentation
from siou_tracking.trackers.atom.params import LITE_AUGMENTATIONS
from siou_tracking.trackers.dimp.augmentation import augment
from siou_tracking.trackers.dimp.params import PRESETS
from siou_tracking.trackers.exported.first_frame import (
    draw_motions,
    draw_shifts,
    drop_channels,
    drop_channels_by_bernoulli,
    sampling_maps,
)
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


def test_shifts_of_dimps_copies_are_those_of_the_seed():
    settings = PRESETS["dimp18"].augmentations
    _, wanted = augment(torch.zeros(1, 3, 64, 64), 32, settings, torch.Generator().manual_seed(4))
    np.testing.assert_array_equal(draw_shifts(settings, 32, TorchRandom(4)), wanted)


def test_dropped_channels_are_zero_and_the_others_grow():
    settings = PRESETS["dimp18"].augmentations
    features = np.ones((1, 400, 2, 2), np.float32)
    dropped = drop_channels_by_bernoulli(features, settings, TorchRandom(0))
    assert dropped.shape == (2, 400, 2, 2) and dropped.dtype == np.float32
    assert set(np.unique(dropped).tolist()) == {0, 1.25}
    assert 0.75 < (dropped > 0).mean() < 0.85
    assert (dropped == dropped[:, :, :1, :1]).all() and not (dropped[0] == dropped[1]).all()
