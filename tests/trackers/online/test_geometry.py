import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siou_tracking.trackers.online.geometry import Patch, Target, sample_patch

SIZES = st.floats(0.5, 500)
PLACES = st.floats(-300, 900)


@given(st.tuples(PLACES, PLACES, SIZES, SIZES), PLACES, PLACES, st.floats(0.05, 20))
@settings(max_examples=60, deadline=None)
def test_boxes_return_from_patch_coordinates(box, x, y, scale):
    patch = Patch(torch.zeros(1, 3, 288, 288), (x, y), scale)
    boxes = torch.tensor([box], dtype=torch.float64)
    torch.testing.assert_close(patch.box_to_image(patch.box_to_patch(boxes)), boxes, rtol=1e-9, atol=1e-6)


@given(st.tuples(PLACES, PLACES, SIZES, SIZES))
@settings(max_examples=60, deadline=None)
def test_target_keeps_its_box(box):
    assert Target.from_box(box).box() == pytest.approx(box, abs=1e-9)


@pytest.mark.parametrize(
    ("side", "size"),
    [
        (100, 288),  # enlarged
        (288, 288),  # copied
        (400, 288),  # reduced without thinning
        (1000, 288),  # every third pixel, then reduced
        (37.4, 64),  # a side that is no whole number
    ],
)
@pytest.mark.parametrize("center", [(500.0, 480.0), (511.3, 502.8)])
def test_a_coordinate_ramp_shows_every_patch_pixel_where_the_patch_says_it_is(side, size, center):
    rows, columns = np.mgrid[0:1000, 0:1024]
    image = np.stack([columns // 8, rows // 8, 0 * rows], axis=2).astype(np.uint8)
    patch = sample_patch(image, center, side, size)
    index = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    inner = slice(size // 8, -size // 8)
    for channel, dim in ((0, 1), (1, 0)):
        seen = patch.pixels[0, channel].mean(dim=1 - dim)
        place = patch.center[channel] + index * patch.scale
        expected = (place - 3.5) / 8  # the mean of x // 8 over eight neighbors of x
        torch.testing.assert_close(seen[inner], expected[inner], rtol=0, atol=0.6)
    assert abs(patch.center[0] - center[0]) <= 1 and abs(patch.center[1] - center[1]) <= 1
    assert patch.scale * size == pytest.approx(side, rel=0.02)


def test_a_marked_pixel_is_found_at_its_box():
    image = np.zeros((200, 300, 3), np.uint8)
    image[90:96, 140:150] = 255
    patch = sample_patch(image, (130.0, 100.0), 80, 160)
    x, y, w, h = patch.box_to_patch(torch.tensor([140.0, 90.0, 10.0, 6.0])).tolist()
    bright = (patch.pixels[0, 0] > 127).nonzero()
    assert bright.min(0).values.tolist() == pytest.approx([y, x], abs=1)
    assert bright.max(0).values.tolist() == pytest.approx([y + h - 1, x + w - 1], abs=1)


def test_outside_the_image_the_border_is_repeated():
    image = np.zeros((50, 60, 3), np.uint8)
    image[:, 0], image[:, -1] = 10, 200
    patch = sample_patch(image, (0.0, 25.0), 40, 40)
    assert (patch.pixels[0, :, :, :19] == 10).all()
    far = sample_patch(image, (500.0, 25.0), 40, 40)
    assert (far.pixels == 200).all()


@pytest.mark.parametrize("side", [0.01, 1.0, 1.9])
def test_a_tiny_search_region_still_gives_a_whole_patch(side):
    patch = sample_patch(np.full((20, 20, 3), 7, np.uint8), (10.0, 10.0), side, 64)
    assert patch.pixels.shape == (1, 3, 64, 64) and (patch.pixels == 7).all() and patch.scale > 0


def test_a_confined_target_keeps_a_fifth_of_its_sides_inside_and_a_size_the_image_allows():
    for box in ([-900, -900, 30, 40], [900, 900, 30, 40], [10, 10, 5000, 0.001]):
        x, y, w, h = Target.from_box(box).confined(320, 240, min_side=2).box()
        assert 2 <= w <= 320 and 2 <= h <= 240
        assert min(x + w, 320) - max(x, 0) >= 0.2 * w - 1
        assert min(y + h, 240) - max(y, 0) >= 0.2 * h - 1
