"""Crops: where a box lands, what lies outside the image, and stored numbers of PyTracking's geometry."""

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.cropping import windows
from siou_tracking.ltr.data.processing_utils import jittered_center_crop, sample_target, transform_image_to_crop


def marked_image(box, shape=(240, 320)):
    """A black image with a white box."""
    image = np.zeros((*shape, 3), np.uint8)
    x, y, w, h = box
    image[y : y + h, x : x + w] = 255
    return image


@pytest.mark.parametrize("around", [(100, 80, 60, 40), (120.6, 70.2, 35.5, 90.1), (0, 0, 60, 40), (280, 210, 60, 60)])
def test_a_marked_box_is_found_in_the_crop_where_the_mapping_says(around):
    box = (100, 80, 60, 40) if around[0] > 50 else (10, 20, 30, 16)
    if around[0] > 250:
        box = (270, 190, 40, 30)
    crops, boxes, _ = jittered_center_crop(
        [marked_image(box)], [torch.tensor(around, dtype=torch.float32)], [torch.tensor(box).float()], 5.0, 288
    )
    rows, columns = np.nonzero(crops[0][:, :, 0] > 127)
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], dtype=float)
    x, y, w, h = boxes[0].tolist()
    # The mapping puts the window's middle at (S - 1) / 2 and rounds its corner: up to a pixel and a half together.
    scale = 288 / np.ceil(np.sqrt(around[2] * around[3]) * 5)
    assert np.abs(found - [x, y, x + w, y + h]).max() <= 1.0 + 0.5 * max(scale, 1)


def test_the_center_of_the_cropped_box_maps_to_the_middle():
    box = torch.tensor([10.0, 20.0, 30.0, 40.0])
    x, y, w, h = transform_image_to_crop(box, box, 2.0, torch.tensor([288.0, 288.0])).tolist()
    assert (x + w / 2, y + h / 2) == pytest.approx((143.5, 143.5))
    assert (w, h) == (60, 80)


def test_outside_the_image_the_edge_is_repeated():
    image = np.zeros((50, 60, 3), np.uint8)
    image[:, 0], image[:, 1:] = 200, 10
    crop, factor = sample_target(image, torch.tensor([-10.0, 20.0, 10.0, 10.0]), 4.0, None)
    assert crop.shape == (40, 40, 3)
    assert factor == 1.0
    assert (crop[:, :25] == 200).all()  # window columns -25..-1 and the edge column 0 itself
    assert (crop[:, 26:] == 10).all()


@pytest.mark.parametrize("corner", [(-500, 20), (500, 20), (20, -500), (20, 500), (-500, 500)])
def test_a_window_wholly_outside_is_filled_from_the_nearest_edge(corner):
    image = np.arange(50 * 60, dtype=np.int64).reshape(50, 60, 1).repeat(3, 2).astype(np.uint8)
    crop, _ = sample_target(image, torch.tensor([*corner, 10.0, 10.0]), 2.0, None)
    rows = np.clip(np.arange(corner[1] - 5, corner[1] + 15), 0, 48)
    columns = np.clip(np.arange(corner[0] - 5, corner[0] + 15), 0, 58)
    assert np.array_equal(crop, image[rows][:, columns])


def test_a_huge_window_is_sampled_like_a_built_one(monkeypatch):
    image = np.random.default_rng(0).integers(0, 255, (240, 320, 3)).astype(np.uint8)
    box = torch.tensor([30.0, 20.0, 250.0, 180.0])
    built, factor = sample_target(image, box, 5.0, 288)
    monkeypatch.setattr(windows, "LARGEST_PADDED_SIDE", 1)
    sampled, same = sample_target(image, box, 5.0, 288)
    assert factor == same
    assert np.abs(built.astype(int) - sampled).max() <= 1
    monkeypatch.undo()
    crop, _ = sample_target(image, torch.tensor([0.0, 0.0, 1e6, 1e6]), 5.0, 64)  # 75 TB if it were built
    assert crop.shape == (64, 64, 3)


@pytest.mark.parametrize("box", [(3, 4, 0, 10), (3, 4, 10, -1), (3, 4, float("nan"), 5), (3, 4, float("inf"), 5)])
def test_a_box_without_a_window_is_refused_by_name(box):
    with pytest.raises(InputError, match=r"crop: box x=3 y=4"):
        sample_target(np.zeros((20, 20, 3), np.uint8), torch.tensor(box, dtype=torch.float32), 5.0, 64)


def test_the_mask_is_cropped_with_the_image_and_zero_outside():
    box, image = torch.tensor([0.0, 0.0, 20.0, 20.0]), np.zeros((50, 60, 3), np.uint8)
    _, _, mask = sample_target(image, box, 2.0, None, torch.ones(50, 60))
    assert mask.shape == (40, 40)
    assert mask[:10].sum() == mask[:, :10].sum() == 0
    assert (mask[10:, 10:] == 1).all()


@pytest.mark.parametrize(
    ("around", "factor", "total", "first", "inner", "last", "mapped"),
    [
        (
            (20.0, 15.0, 24.0, 18.0),
            0.19047619047619047,
            23512,
            *([44, 67, 49], [139, 54, 185], [191, 44, 87]),
            (1.5952382, 2.3571429, 1.9047619, 2.2857144),
        ),
        (
            (-6.3, 40.2, 20.5, 25.1),
            0.17391304347826086,
            16675,
            *([32, 0, 227], [86, 90, 103], [129, 90, 174]),
            (6.6391306, -2.5434783, 1.7391305, 2.0869565),
        ),
        (
            (60.0, -10.0, 30.0, 16.0),
            0.18181818181818182,
            23398,
            *([166, 0, 55], [234, 0, 78], [251, 91, 195]),
            (-6.1363640, 7.1363640, 1.8181819, 2.1818182),
        ),
    ],
)
def test_crops_and_boxes_equal_pytrackings(around, factor, total, first, inner, last, mapped):
    # Numbers recorded from PyTracking 7eb9e74 on a window inside the image and two that reach over its edges.
    rows, columns = np.mgrid[0:60, 0:80]
    channels = ((3 * columns + rows) % 256, (columns * rows) % 256, (7 * rows + columns) % 256)
    crop, scale = sample_target(np.stack(channels, 2).astype(np.uint8), torch.tensor(around), 2.0, 8)
    assert scale == factor
    assert crop.astype(int).sum() == pytest.approx(total, abs=64)  # a gray level of rounding per pixel
    for pixel, expected in ((crop[0, 0], first), (crop[3, 5], inner), (crop[7, 7], last)):
        assert pixel.astype(int) == pytest.approx(expected, abs=1)
    box = transform_image_to_crop(torch.tensor([22.0, 18, 10, 12]), torch.tensor(around), scale, torch.tensor([8.0, 8]))
    assert box.tolist() == pytest.approx(mapped, abs=1e-5)
