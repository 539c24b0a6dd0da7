import math

import pytest
import torch

from siou_tracking.trackers.dimp.augmentation import augment, drop_channels
from siou_tracking.trackers.dimp.params import dimp_params
from siou_tracking.trackers.dimp.places import region_size
from siou_tracking.trackers.online.params import Augmentations

SIZE = 64
SETTINGS = Augmentations(rotations=(90,), blurs=((0.2, 2), (2, 1)), shifts=((0.6, -0.6),), dropouts=3)


def region() -> torch.Tensor:
    return 255 * torch.rand(1, 3, 2 * SIZE, 2 * SIZE, generator=torch.Generator().manual_seed(1))


def made(settings=SETTINGS, seed=0):
    return augment(region(), SIZE, settings, torch.Generator().manual_seed(seed))


def test_copies_are_whole_pixels_of_the_region_moved_by_their_shifts():
    copies, shifts = made()
    assert copies.shape == (6, 3, SIZE, SIZE)
    middle, wide = SIZE // 2, region()
    assert shifts[0].tolist() == [0, 0] and shifts[1].tolist() == [19, -19]  # 0.6 of 32 pixels, cut
    assert torch.equal(copies[0], wide[0, :, middle : middle + SIZE, middle : middle + SIZE])
    assert torch.equal(copies[1], wide[0, :, middle + 19 : middle + SIZE + 19, middle - 19 : middle + SIZE - 19])
    x, y = shifts[2].long().tolist()
    mirrored = wide.flip(3)[0, :, middle - y : middle - y + SIZE, middle - x : middle - x + SIZE]
    assert torch.equal(copies[2], mirrored)


def test_random_shifts_are_drawn_in_order_the_vertical_one_first():
    drawn = torch.rand(4, 2, generator=torch.Generator().manual_seed(3)) - 0.5
    _, shifts = made(seed=3)
    assert torch.equal(shifts[2:], (drawn.flip(1) * SIZE / 3).trunc())


def test_a_quarter_turn_moves_what_is_right_of_the_middle_below_it():
    settings = Augmentations(rotations=(90,), blurs=(), shifts=(), flip=False, random_shift=0.0)
    copies, _ = made(settings)
    expected = torch.rot90(copies[0], -1, (1, 2))
    torch.testing.assert_close(copies[1], expected, rtol=0, atol=0.05)


def test_blurs_see_beyond_the_border_of_the_copy():
    copies, shifts = made()
    x, y = shifts[4].long().tolist()  # sigmas 2 and 1, so 4 and 2 pixels around
    top, left = SIZE // 2 - y, SIZE // 2 - x
    window = region()[0, :, top - 2 : top + 3, left - 4 : left + 5].double()

    def weights(sigma, radius):
        taps = torch.tensor([math.exp(-0.5 * (tap / sigma) ** 2) for tap in range(-radius, radius + 1)]).double()
        return taps / taps.sum()

    expected = torch.einsum("chw,h,w->c", window, weights(1, 2), weights(2, 4))
    torch.testing.assert_close(copies[4, :, 0, 0].double(), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("seed", [0, 7])
def test_channels_are_dropped_as_torchs_own_dropout_drops_them(seed):
    features = torch.rand(1, 50, 3, 3)
    expected_state = torch.random.get_rng_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        expected = torch.nn.functional.dropout2d(features.expand(3, -1, -1, -1), p=0.2, training=True)
    assert torch.equal(expected_state, torch.random.get_rng_state())
    torch.testing.assert_close(drop_channels(features, SETTINGS, torch.Generator().manual_seed(seed)), expected)


def test_no_copies_but_the_first_are_made_where_none_are_wanted():
    plain = Augmentations(rotations=(), blurs=(), shifts=(), flip=False, dropouts=0)
    copies, shifts = made(plain)
    assert copies.shape == (1, 3, SIZE, SIZE) and shifts.tolist() == [[0, 0]]


def test_a_region_has_the_middle_of_its_copies():
    assert [region_size(*case) for case in ((288, 2.0), (256, 1.4), (255, 1.4), (352, 2.0))] == [576, 358, 357, 704]


def test_the_parameter_sets_make_as_many_copies_as_pytrackings():
    for name, count in (("dimp18", 13), ("dimp18_vot18", 23), ("dimp50_vot19", 10)):
        assert len(made(dimp_params(name).augmentations)[0]) == count
