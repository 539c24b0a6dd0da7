import torch

from siou_tracking.trackers.atom.augmentation import augment, blur, drop_channels
from siou_tracking.trackers.online.params import Augmentations

SIZE = 64
SETTINGS = Augmentations(rotations=(30, -60), blurs=((2, 1),), shifts=((0.6, -0.6),), dropouts=5)


def spot(dx, dy):
    """A 128-pixel region with a 3 x 3 spot around (dx, dy) from its middle cell."""
    region = torch.zeros(1, 3, 2 * SIZE, 2 * SIZE)
    row, column = SIZE + dy, SIZE + dx
    region[..., row - 1 : row + 2, column - 1 : column + 2] = 100
    return region, (dx + 0.5, dy + 0.5)


def centroid(image):
    axis = torch.arange(SIZE) - (SIZE - 1) / 2
    weight = image.sum()
    return torch.stack([(image.sum(0) * axis).sum() / weight, (image.sum(1) * axis).sum() / weight])


def test_every_copy_shows_the_target_where_its_offset_says():
    region, offset = spot(9, -4)
    copies, offsets = augment(region, offset, SIZE, SETTINGS, torch.Generator().manual_seed(5))
    assert copies.shape == (6, 3, SIZE, SIZE)
    for copy, expected in zip(copies, offsets, strict=True):
        torch.testing.assert_close(centroid(copy[0]), expected, rtol=0, atol=0.1)


def test_the_first_copy_is_the_middle_of_the_region_unaltered():
    region = torch.rand(1, 3, 2 * SIZE, 2 * SIZE)
    copies, _ = augment(region, (0.0, 0.0), SIZE, SETTINGS, torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        copies[0], region[0, :, SIZE // 2 : -SIZE // 2, SIZE // 2 : -SIZE // 2], rtol=0, atol=1e-4
    )


def test_copies_depend_on_the_seed_alone():
    region, offset = spot(0, 0)

    def offsets(seed):
        return augment(region, offset, SIZE, SETTINGS, torch.Generator().manual_seed(seed))[1]

    before = torch.random.get_rng_state()
    assert torch.equal(offsets(1), offsets(1)) and not torch.equal(offsets(1), offsets(2))
    assert torch.equal(before, torch.random.get_rng_state())


def test_blur_keeps_the_mean_and_spreads_by_its_sigmas():
    image = torch.zeros(1, 1, SIZE, SIZE, dtype=torch.float64)
    image[0, 0, 32, 32] = 1
    spread = blur(image, 3.0, 1.0)[0, 0]
    axis = torch.arange(SIZE, dtype=torch.float64) - 32
    assert abs(float(spread.sum()) - 1) < 1e-6
    assert abs(float((spread.sum(0) * axis**2).sum()) ** 0.5 - 3) < 0.1
    assert abs(float((spread.sum(1) * axis**2).sum()) ** 0.5 - 1) < 0.1


def test_dropped_channels_are_zero_and_the_others_make_up_for_them():
    features = torch.ones(1, 400, 2, 2)
    dropped = drop_channels(features, SETTINGS, torch.Generator().manual_seed(0))
    assert dropped.shape == (5, 400, 2, 2)
    assert set(dropped.unique().tolist()) == {0.0, 1.25}
    assert abs(float(dropped.mean()) - 1) < 0.05
