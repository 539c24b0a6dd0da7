"""Crops that keep to the image: where windows go, what they show, and where boxes land, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.cropping import windows
from siou_tracking.ltr.data.processing_utils import sample_target_adaptive, target_image_crop, transform_box_to_crop

IMAGE = np.tile(np.arange(100, dtype=np.uint8)[None, :, None], (80, 1, 3))
"""(80, 100, 3): each column is its number."""


def window(box, mode="replicate", limit=None, size=40) -> list[float]:
    return sample_target_adaptive(IMAGE, torch.tensor(box, dtype=torch.float32), 5.0, size, mode, limit)[1].tolist()


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((46, 36, 8, 8), [30, 20, 40, 40]),  # around the target
        ((0, 0, 8, 8), [0, 0, 40, 40]),  # shifted into the image
        ((95, 75, 8, 8), [60, 40, 40, 40]),
        ((46, 36, 18, 18), [10, -5, 90, 90]),  # ten rows too many: five above, five below
        ((40, 30, 30, 30), [-25, -35, 150, 150]),
    ],
)
def test_a_window_is_shifted_into_the_image_or_hangs_over_evenly(box, expected):
    assert window(box) == expected


@pytest.mark.parametrize(("top", "expected"), [(26.0, 0), (44.0, -1)])
def test_a_window_one_pixel_too_large_leaves_it_on_the_side_away_from_where_it_came(top, expected):
    image = IMAGE[:79]
    box = torch.tensor([42.0, top, 16.0, 16.0])  # a window of 80 in an image of 79 rows
    assert sample_target_adaptive(image, box, 5.0, 40)[1].tolist()[1] == expected


@pytest.mark.parametrize(
    ("mode", "limit", "side"),
    [
        ("inside", None, 80),  # 150 rows become 80
        ("inside_major", None, 100),  # 150 columns become 100
        ("inside", 1.2, 125),
        ("inside_major", 1.25, 120),
        ("inside", 1000, 80),
    ],
)
def test_a_window_shrinks_until_it_fits_both_axes_or_one_or_as_far_as_it_may(mode, limit, side):
    assert window((35, 25, 30, 30), mode, limit)[2:] == [side, side]


def test_a_window_that_fits_does_not_shrink():
    for mode in ("inside", "inside_major"):
        assert window((46, 36, 8, 8), mode) == window((46, 36, 8, 8))


def test_a_window_has_the_outputs_shape_and_the_squares_area():
    crop, at = sample_target_adaptive(IMAGE, torch.tensor([46.0, 36.0, 8.0, 8.0]), 5.0, (80, 20))
    assert crop.shape == (20, 80, 3)
    assert at.tolist() == [10, 30, 80, 20]  # 80 * 20 = 40 * 40


def test_the_crop_shows_what_the_window_says_and_repeats_the_edge_outside():
    crop, at = sample_target_adaptive(IMAGE, torch.tensor([40.0, 30.0, 30.0, 30.0]), 5.0, 150)
    row = crop[75, :, 0].tolist()
    assert at.tolist() == [-25, -35, 150, 150]
    assert row[:26] == [0] * 26 and row[25:124] == list(range(99))
    assert set(row[124:]) == {98}  # the last column is never read


def test_boxes_and_masks_follow_their_frames():
    mask = torch.zeros(80, 100)
    mask[20:60, 30:70] = 1
    box = torch.tensor([46.0, 36.0, 8.0, 8.0])
    crops, boxes, masks = target_image_crop([IMAGE] * 2, [box, box], [box, box + 4], 5.0, 80, masks=[mask, 1 - mask])
    assert len(crops) == 2 and boxes[0].tolist() == [32, 32, 16, 16]
    assert boxes[1].tolist() == [40, 40, 24, 24]
    assert masks[0].min() == 1 and masks[1].max() == 0
    assert len(target_image_crop([IMAGE], [box], [box], 5.0, 80)) == 2


def test_the_mapping_takes_any_number_of_boxes_at_once():
    at, size = torch.tensor([10.0, 20.0, 40.0, 20.0]), torch.tensor([80.0, 80.0])
    boxes = torch.tensor([[[10.0, 20.0, 4.0, 2.0]], [[30.0, 30.0, 1.0, 1.0]]])
    assert transform_box_to_crop(boxes, at, size).tolist() == [[[0, 0, 8, 8]], [[40, 40, 2, 4]]]


def test_an_enormous_window_is_sampled_and_equals_the_one_that_is_built(monkeypatch):
    box = torch.tensor([20.0, 10.0, 400.0, 300.0])
    built, at = sample_target_adaptive(IMAGE, box, 5.0, (48, 32))
    monkeypatch.setattr(windows, "LARGEST_PADDED_SIDE", 1)
    sampled, again = sample_target_adaptive(IMAGE, box, 5.0, (48, 32))
    assert torch.equal(at, again)
    assert np.abs(built.astype(int) - sampled.astype(int)).max() <= 1


@pytest.mark.parametrize("box", [(1, 1, 0, 5), (1, 1, -2, 5), (float("nan"), 1, 5, 5), (1, 1, float("inf"), 5)])
def test_a_box_without_a_size_is_refused(box):
    with pytest.raises(InputError, match=r"crop: box x=.*: the window is smaller than one pixel or not finite"):
        window(box)


def test_a_window_that_shrinks_to_nothing_and_an_unknown_mode_are_refused():
    with pytest.raises(InputError, match=r"in an image of 1 x 1: the window is smaller than one pixel"):
        sample_target_adaptive(IMAGE[:1, :1], torch.tensor([0.0, 0.0, 100.0, 1.0]), 5.0, (400, 1), "inside")
    with pytest.raises(InputError, match=r"crop_type 'outside': allowed are inside, inside_major, replicate"):
        window((46, 36, 8, 8), "outside")
