"""The first filter: what lies in the target's box, averaged over a sequence's images."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.target_classifier.initializer import (
    FilterInitializerLinear,
    FilterInitializerSiamese,
    FilterInitializerZero,
    FilterPool,
)


def ramp() -> torch.Tensor:
    """(1, 2, 8, 8): the row and the column of each cell."""
    rows = torch.arange(8.0).view(8, 1).expand(8, 8)
    return torch.stack([rows, rows.T]).unsqueeze(0)


def test_bins_hold_the_mean_of_what_they_cover() -> None:
    # 32 x 64 pixels at (16, 32) are 2 x 4 cells at (1, 2); each bin is one column wide and two rows high.
    pooled = FilterPool(2)(ramp(), torch.tensor([[16.0, 32, 32, 64]]))
    assert pooled.tolist() == [[[[3, 3], [5, 5]], [[1.5, 2.5], [1.5, 2.5]]]]


def test_a_square_has_the_boxs_center_and_area() -> None:
    # 32 x 128 pixels have the area of 64 x 64, which at this center is 4 x 4 cells from (1, 3) on.
    square = FilterPool(1, pool_square=True)(ramp(), torch.tensor([[[32.0, 16, 32, 128]]]))
    same = FilterPool(1)(ramp(), torch.tensor([[16.0, 48, 64, 64]]))
    torch.testing.assert_close(square, same)


@pytest.mark.parametrize(
    "build", [lambda: FilterInitializerLinear(3, 6, filter_norm=False), lambda: FilterInitializerSiamese(3)]
)
def test_sequences_are_separate_and_images_are_averaged(build) -> None:
    net = build()
    feat, boxes = torch.randn(3, 2, 6, 7, 8), 30 + 30 * torch.rand(3, 2, 4)
    filters = net(feat, boxes)
    assert filters.shape == (2, 6, 3, 3)
    one = torch.stack([net(feat[:1, :1], boxes[:1, :1])[0], net(feat[1:2, :1], boxes[1:2, :1])[0]]).mean(0)
    torch.testing.assert_close(net(feat[:2, 0], boxes[:2, 0])[0], one)
    torch.testing.assert_close(net(feat[:, 1:], boxes[:, 1:])[0], filters[1])


def test_filters_may_be_divided_by_their_size() -> None:
    feat, boxes = torch.randn(1, 2, 6, 7, 8), 30 + 30 * torch.rand(1, 2, 4)
    plain, normed = FilterInitializerSiamese(2, filter_norm=False), FilterInitializerSiamese(2)
    torch.testing.assert_close(normed(feat, boxes) * 24, plain(feat, boxes))


def test_zeros_come_from_zero_weights_or_without_any() -> None:
    feat, boxes = torch.randn(2, 3, 6, 7, 8), 30 + 30 * torch.rand(2, 3, 4)
    linear = FilterInitializerLinear(4, 6, init_weights="zero")
    assert torch.equal(linear(feat, boxes), torch.zeros(3, 6, 4, 4))
    assert torch.equal(FilterInitializerZero(4, 6)(feat, boxes), torch.zeros(3, 6, 4, 4))
    assert FilterInitializerZero(4, 6)(feat[:, 0], boxes[:, 0]).shape == (1, 6, 4, 4)
    with pytest.raises(InputError, match=r"initial weights .* 'zeros': allowed are default, zero"):
        FilterInitializerLinear(init_weights="zeros")
