"""Frames into the network's input and boxes back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siou_tracking.mot.data.letterbox import GRAY, MEAN, STD, letterbox, normalize_images, to_frame

SIZES = st.integers(16, 300)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.integers(4, 60), st.integers(4, 60))
def test_boxes_go_there_and_back(frame_width, frame_height, columns, rows):
    width, height = 4 * columns, 4 * rows
    image = np.zeros((frame_height, frame_width, 3), np.uint8)
    picture, scale, pad = letterbox(image, width, height)
    assert picture.shape == (height, width, 3)
    boxes = np.array([[0, 0, frame_width, frame_height], [3.5, 4, 9, 12.25]])
    inside = boxes * scale + np.array([*pad, *pad])
    assert (inside[0] >= -0.5).all() and (inside[0] <= np.array([width, height] * 2) + 0.5).all()
    np.testing.assert_allclose(to_frame(inside, scale, pad), boxes, atol=1e-9)
    torch.testing.assert_close(to_frame(torch.tensor(inside), scale, pad), torch.tensor(boxes))


def test_a_frame_of_the_right_size_is_left_as_it_is():
    image = np.random.default_rng(0).integers(0, 255, (40, 64, 3), dtype=np.uint8)
    picture, scale, pad = letterbox(image, 64, 40)
    assert scale == 1 and pad == (0, 0)
    np.testing.assert_array_equal(picture, image)


@pytest.mark.parametrize(("width", "height"), [(128, 64), (200, 200), (1088, 608), (60, 44)])
def test_an_edge_lands_where_the_scale_says(width, height):
    # The picture turns from black to white at x = 60 of 97 and at y = 30 of 53.
    image = np.zeros((53, 97, 3), np.uint8)
    image[:, 60:, 0] = 255
    image[30:, :, 1] = 255
    picture, scale, (left, top) = letterbox(image, width, height)
    row, column = int(top + 10 * scale), int(left + 10 * scale)
    right, bottom = int(left + round(97 * scale)), int(top + round(53 * scale))
    white_columns = picture[row, int(left) : right, 0].astype(float).sum() / 255
    white_rows = picture[int(top) : bottom, column, 1].astype(float).sum() / 255
    assert white_columns == pytest.approx(right - (left + 60 * scale), abs=0.1 * max(1, scale))
    assert white_rows == pytest.approx(bottom - (top + 30 * scale), abs=0.1 * max(1, scale))


def test_the_border_is_gray_and_about_zero_after_normalization():
    picture, _, (left, top) = letterbox(np.full((20, 80, 3), 9, np.uint8), 80, 60)
    assert (left, top) == (0, 20)
    assert (picture[:20] == GRAY).all() and (picture[40:] == GRAY).all() and (picture[20:40] == 9).all()
    assert normalize_images(torch.full((1, 3, 2, 2), GRAY, dtype=torch.uint8)).abs().max() < 0.5


def test_normalization_is_that_of_imagenet_for_values_from_zero_to_one():
    images = torch.randint(0, 256, (2, 3, 4, 5), dtype=torch.uint8)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    torch.testing.assert_close(normalize_images(images), (images / 255 - mean) / std)
