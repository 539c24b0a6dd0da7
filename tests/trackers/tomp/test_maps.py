from __future__ import annotations

import pytest
import torch

from siou_tracking.trackers.online.geometry import Patch
from siou_tracking.trackers.tomp.maps import box_at, clip_box, edge_map, label_map
from siou_tracking.trackers.tomp.params import TompParams

PARAMS = TompParams(patch_size=64, stride=16)


def test_the_label_is_one_at_the_target_and_a_gaussian_around_it() -> None:
    label = label_map((8.0, -8.0), PARAMS)  # half a cell right and up of the middle of 4 x 4
    assert label.shape == (4, 4)
    assert label[1, 2] == 1
    sigma = 64 / 5 / 16 / 4  # a quarter of the target's side in cells
    assert label[1, 3].item() == pytest.approx(2.718281828 ** (-0.5 / sigma**2))
    assert label[2, 2] == label[0, 2] == label[1, 1] == label[1, 3]


def test_edges_are_distances_from_the_cells_points() -> None:
    edges = edge_map(torch.tensor([20.0, 10.0, 8.0, 30.0]), PARAMS) * 64
    assert edges.shape == (4, 4, 4)
    # Cell (row 1, column 2) is at x = 40, y = 24; the box spans 20 to 28 and 10 to 40.
    assert edges[:, 1, 2].tolist() == [20, 14, -12, 16]
    assert edges[:, 0, 0].tolist() == [-12, -2, 20, 32]


def test_a_cell_decodes_the_edges_that_were_encoded_for_it() -> None:
    patch = Patch(torch.zeros(1, 3, 64, 64), center=(100.0, 50.0), scale=2.0)
    box = torch.tensor([20.0, 10.0, 8.0, 30.0])
    edges = edge_map(box, PARAMS)
    for row, column in ((1, 1), (3, 0)):
        found = box_at(edges[:, row, column].tolist(), row, column, patch, PARAMS)
        # The patch's left edge is 32 of its pixels left of its middle, whose pixel begins half a pixel earlier.
        assert found == pytest.approx((100.5 + (20 - 32) * 2, 50.5 + (10 - 32) * 2, 16, 60))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((10.0, 20.0, 30.0, 15.0), (10, 20, 30, 15)),  # inside
        ((-5.0, 20.0, 30.0, 15.0), (0, 20, 25, 15)),  # beyond the left edge
        ((90.0, 40.0, 30.0, 30.0), (90, 40, 10, 10)),  # beyond both far edges
        ((99.0, 49.0, 30.0, 30.0), (90, 40, 10, 10)),  # hardly inside: moved in
        ((50.0, 20.0, 2.0, 3.0), (50, 20, 10, 10)),  # small
        ((-80.0, -80.0, 10.0, 10.0), (0, 0, 10, 10)),  # outside
    ],
)
def test_boxes_stay_in_the_image_with_sides_of_at_least_the_least(
    box: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    assert clip_box(box, 100, 50, 10.0) == expected
