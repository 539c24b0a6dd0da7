"""Label maps: where the peak is, how wide, and what a density sums to."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.ltr.data.processing_utils import gauss_1d, gauss_2d, gaussian_label_function

MIDDLE = torch.tensor([[40.0, 40.0, 16.0, 16.0]])
"""Center (48, 48) of an image of 96 pixels."""


def test_the_peak_lies_on_the_cell_that_the_center_is_in():
    # Odd filter, 6 cells of 16 pixels: the center of cell (2, 4) is pixel (40, 72).
    box = torch.tensor([[72 - 5, 40 - 3, 10, 6]], dtype=torch.float32)
    label = gaussian_label_function(box, 0.1, 1, 6, 96)[0]
    assert label.shape == (6, 6)
    assert label[2, 4] == pytest.approx(1)
    assert (label == label.max()).nonzero().tolist() == [[2, 4]]


def test_an_even_filter_has_a_cell_more_and_the_middle_is_its_middle_cell():
    label = gaussian_label_function(MIDDLE, 0.1, 4, 6, 96)[0]
    assert label.shape == (7, 7) and label[3, 3] == pytest.approx(1)
    assert torch.allclose(label, label.T) and torch.allclose(label, label.flip(0))
    assert gaussian_label_function(MIDDLE, 0.1, 4, 6, 96, end_pad_if_even=False).shape == (1, 6, 6)


def test_the_width_is_a_share_of_the_maps_side():
    label = gaussian_label_function(MIDDLE, 0.25, 4, 6, 96)[0]
    assert label[3, 4].item() == pytest.approx(math.exp(-0.5 / 1.5**2))  # sigma 0.25 * 6 cells


def test_a_map_may_be_a_rectangle_with_an_even_and_an_odd_axis():
    box = torch.tensor([[60.0, 12.0, 8.0, 8.0]])  # center (64, 16) in 96 x 64 pixels
    label = gaussian_label_function(box, 0.1, (4, 3), (6, 4), (96, 64))[0]
    assert label.shape == (4, 7)  # rows, columns
    # x: 6 * 16 / 96 + 0.5 = 1.5 from the middle 2.5: column 4. y: -16 * 4 / 64 = -1 from 1.5: between rows 0 and 1.
    assert label.argmax(dim=1).tolist() == [4] * 4 and label[0, 4] == pytest.approx(label[1, 4].item())


def test_many_boxes_give_each_its_own_map_and_a_far_one_none():
    boxes = torch.cat((MIDDLE, MIDDLE + torch.tensor([16.0, 0, 0, 0]), MIDDLE + 1e8))
    labels = gaussian_label_function(boxes, 0.1, 4, 6, 96)
    assert torch.equal(labels[:1], gaussian_label_function(MIDDLE, 0.1, 4, 6, 96))
    assert torch.allclose(labels[1, :, 1:], labels[0, :, :-1]) and labels[2].max() == 0
    assert gaussian_label_function(boxes[:0], 0.1, 4, 6, 96).shape == (0, 7, 7)


def test_a_density_sums_to_one_over_the_map_with_and_without_an_even_share():
    for share in (0, 0.3):
        density = gaussian_label_function(MIDDLE, 0.1, 4, 8, 96, density=True, uni_bias=share)
        assert density.sum().item() == pytest.approx(1, abs=1e-3)
        assert density.min().item() == pytest.approx(share / 81, abs=1e-6)


def test_the_parts_are_gaussians_along_one_axis_and_their_product():
    center = torch.tensor([0.5, -1.0])
    lines = gauss_1d(4, 1.0, center, end_pad=1)
    assert lines.shape == (2, 5)
    assert lines[0].tolist() == pytest.approx([math.exp(-((i - 2) ** 2) / 2) for i in range(5)])
    both = gauss_2d((4, 3), (1.0, 2.0), torch.stack((center, center), 1), (1, 0), density=True)
    x, y = gauss_1d(4, 1.0, center, 1, True), gauss_1d(3, 2.0, center, 0, True)
    assert torch.allclose(both[1], torch.outer(y[1], x[1]))
