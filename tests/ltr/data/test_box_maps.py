"""Maps of distances to a target's edges, and the cells that learn them."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.box_maps import ltrb_map, sample_region

BOX = torch.tensor([[10.0, 4.0, 30.0, 50.0]])  # columns 10 to 40, rows 4 to 54


def test_distances_are_those_of_the_cells_middle_pixel():
    pixels = ltrb_map(BOX, 64, normalized=False)
    assert pixels.shape == (1, 4, 4, 4)
    # Row 2, column 1 stands for x = 24, y = 40.
    assert pixels[0, :, 2, 1].tolist() == [14, 36, 16, 14]
    assert pixels[0, :, 0, 3].tolist() == [46, 4, -16, 46]  # x = 56, y = 8: right of the box
    assert torch.equal(ltrb_map(BOX, 64), pixels / 64)


def test_all_boxes_have_their_maps_at_once_and_batched_equals_single():
    boxes = torch.rand(5, 4) * 40
    together = ltrb_map(boxes, 48, 8), sample_region(boxes, 48, 8, 1.5)
    for number in range(5):
        one = boxes[number : number + 1]
        assert torch.equal(together[0][number], ltrb_map(one, 48, 8)[0])
        assert torch.equal(together[1][number], sample_region(one, 48, 8, 1.5)[0])


def test_region_without_a_radius_is_the_inside_of_the_box():
    region = sample_region(BOX, 64)
    assert region.shape == (1, 1, 4, 4) and region.dtype == torch.bool
    assert torch.equal(region[:, 0], (ltrb_map(BOX, 64) > 0).all(dim=1))
    assert region[0, 0].int().tolist() == [[0, 1, 0, 0]] * 3 + [[0, 0, 0, 0]]  # x of 24 alone; y of 8, 24, 40


def test_radius_bounds_the_region_around_the_center_and_edges_are_outside():
    # The center is (25, 29): one cell of 16 pixels around it are rows 13 to 45, so y = 8 falls out.
    assert sample_region(BOX, 64, radius=1)[0, 0].int().tolist() == [[0] * 4, [0, 1, 0, 0], [0, 1, 0, 0], [0] * 4]
    touching = torch.tensor([[8.0, 8.0, 16.0, 16.0]])  # edges on the pixels of cells
    assert not sample_region(touching, 64).any()


def test_small_or_shifted_targets_have_no_cell():
    assert not sample_region(torch.tensor([[9.0, 9.0, 5.0, 5.0], [70.0, 9.0, 30.0, 30.0]]), 64, radius=1).any()


@pytest.mark.parametrize(("size", "stride"), [(60, 16), (64, 0)])
def test_a_stride_that_does_not_divide_the_image_is_refused(size: int, stride: int):
    with pytest.raises(InputError, match=f"image of {size} pixels: got stride {stride}, allowed is one that divides"):
        ltrb_map(BOX, size, stride)
