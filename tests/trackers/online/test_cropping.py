"""PyTracking's cut, by hand: both of its sides are half a pixel longer than the pixels it takes."""

import numpy as np
import pytest

from siou_tracking.trackers.online.cropping import crop


def ramp(height, width):
    """Red is the column, green the row."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, 0 * rows], axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("center", "side", "size", "columns", "rows", "middle", "scale"),
    [
        # an odd side: 5 pixels around 10, middle (8 + 13.5 - 1) / 2, scale 5.5 / 5
        ((10.9, 20.2), 5.0, 5, [8, 9, 10, 11, 12], [18, 19, 20, 21, 22], (10.25, 20.25), 1.1),
        # an even one takes a pixel more: 8 to 12 for a side of 4
        ((10.0, 20.0), 4.0, 5, [8, 9, 10, 11, 12], [18, 19, 20, 21, 22], (10.25, 20.25), 0.9),
        # 5 of every second pixel, from 3 to 8.5 and from 8 to 13.5 of them; the last pixel is taken off unthinned
        ((11.0, 20.0), 10.0, 4, None, None, ((2 * 11.5 - 1) / 2, (2 * 21.5 - 1) / 2), 5.5 * 2 / 4),
        # outside, the border repeats
        ((0.0, 0.0), 5.0, 5, [0, 0, 0, 1, 2], [0, 0, 0, 1, 2], (0.25, 0.25), 1.1),
    ],
)
def test_the_cut_and_its_coordinates(center, side, size, columns, rows, middle, scale):
    patch = crop(ramp(60, 50), center, side, size)
    assert patch.pixels.shape == (1, 3, size, size)
    assert patch.center == pytest.approx(middle) and patch.scale == pytest.approx(scale)
    if columns is not None:
        assert patch.pixels[0, 0, 0].tolist() == columns and patch.pixels[0, 1, :, 0].tolist() == rows


def test_a_thinned_cut_keeps_the_parity_of_its_center():
    patch = crop(ramp(60, 50), (11.0, 20.0), 10.0, 5)  # stride 1: 10 / 5 - 0.1 is below 2
    assert patch.scale == pytest.approx(10.5 / 5)
    patch = crop(ramp(60, 50), (11.0, 20.0), 15.0, 5)  # stride 2, 8 of them: from 5 - 3.5 and 10 - 3.5 on, cut
    # columns 1 + 2 [1 .. 9] and rows 2 [6 .. 14], resized from 9 to 5
    assert patch.scale == pytest.approx(2 * 8.5 / 5)
    assert patch.center == pytest.approx(((2 * (1.5 + 10) - 1) / 2, (2 * (6.5 + 15) - 1) / 2))
    assert patch.pixels[0, 0, 0, 2] == 11 and patch.pixels[0, 1, 2, 0] == 20


def test_a_held_cut_shifts_inwards_and_shrinks_by_at_most_its_limit():
    image = ramp(60, 50)
    moved = crop(image, (2.0, 30.0), 20.0, 20, max_shrink=1.5)
    assert moved.pixels[0, 0, 0].tolist() == list(range(20)) and moved.center[0] == pytest.approx((0 + 20.5 - 1) / 2)
    large = crop(image, (25.0, 30.0), 120.0, 60, max_shrink=1.5)  # twice the longer side, two and a half the shorter
    assert large.scale == pytest.approx(80.5 / 60)  # 120 / 1.5
    assert crop(image, (25.0, 30.0), 66.0, 60, max_shrink=1.5).scale == pytest.approx(60.5 / 60)  # to the longer side
    assert crop(image, (25.0, 30.0), 66.0, 60).scale == pytest.approx(66.5 / 60)


def test_a_cut_far_outside_repeats_the_corner():
    patch = crop(ramp(60, 50), (-300.0, 900.0), 30.0, 16)
    assert set(patch.pixels[0, 0].flatten().tolist()) == {0} and set(patch.pixels[0, 1].flatten().tolist()) == {59}


@pytest.mark.parametrize("side", [120.1, 131.954, 131.95468, 150.7, 179.99])
def test_a_region_somewhat_larger_than_the_image_shrinks_to_its_longer_side_whatever_the_last_digit(
    side: float,
) -> None:
    patch = crop(np.zeros((101, 120, 3), np.uint8), (60.0, 50.0), side, 288, max_shrink=1.5)
    assert patch.scale * 288 == 120.5  # half a pixel is PyTracking's
    larger = crop(np.zeros((101, 120, 3), np.uint8), (60.0, 50.0), 204.9, 288, max_shrink=1.5)
    assert larger.scale * 288 == 136.5  # 204.9 / 1.5, cut to whole pixels
