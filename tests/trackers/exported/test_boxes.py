"""The NumPy side of a tracker's boxes is the tensor side."""

import numpy as np
import pytest
import torch

from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.exported.boxes import Square, cut_map, hull_of, mean_of_best, start_boxes, with_margin
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online import refinement
from siou_tracking.trackers.online.geometry import Patch

BOX = [31.5, 40.25, 60.0, 17.0]


def test_a_square_maps_boxes_as_a_patch_does():
    square, patch = Square((50.5, 47.0), 1.7, 64), Patch(torch.zeros(1, 3, 64, 64), (50.5, 47.0), 1.7)
    there = square.to_square(BOX)
    np.testing.assert_array_equal(there, patch.box_to_patch(torch.tensor(BOX)))
    np.testing.assert_array_equal(
        np.float32(square.to_image(there)), patch.box_to_image(patch.box_to_patch(torch.tensor(BOX)))
    )


def test_start_boxes_are_those_of_the_seed():
    params = AtomParams()
    found = start_boxes(np.array(BOX, np.float32), params, TorchRandom(3))
    wanted = refinement.start_boxes(torch.tensor(BOX), params, torch.Generator().manual_seed(3))
    torch.testing.assert_close(torch.from_numpy(found), wanted)
    assert found.dtype == np.float32 and found.shape == (10, 4)


def test_the_hull_of_boxes_with_a_tenth_of_room():
    hull = hull_of(np.array([[[10.0, 20, 30, 10]], [[0, 25, 5, 15]]]))
    assert hull.tolist() == [0, 20, 40, 40]
    assert with_margin(hull).tolist() == [-4, 16, 44, 44]


def test_a_map_is_cut_to_the_hull_with_two_cells_around_it_that_are_zero_beyond_the_map():
    features = np.arange(1, 101.0).reshape(1, 1, 10, 10)
    part, inside, origin = cut_map(features, np.array([40.0, 33, 47, 50]), 8)
    # columns 5 ... 5.875 and rows 4.125 ... 6.25 are seen, so 5 ... 6 and 4 ... 7, and two more on each side
    assert origin.tolist() == [5, 4] and part.shape == (1, 1, 8, 6)
    assert part[0, 0, 0, 0] == 24 and inside.all()
    part, inside, origin = cut_map(features, np.array([-90.0, -90, -50, 200]), 8)
    assert part.shape == (1, 1, 14, 5) and origin.tolist() == [0, 0]
    np.testing.assert_array_equal(inside, np.outer([0] * 2 + [1] * 10 + [0] * 2, [0] * 2 + [1] * 3))
    np.testing.assert_array_equal(part[0, 0, 2:12, 2:], features[0, 0, :, :3])
    assert not part[0, 0][inside == 0].any()
    assert cut_map(features, np.array([np.nan, 0, 1, 1]), 8)[0].shape == (1, 1, 14, 14)


@pytest.mark.parametrize("count", [1, 2, 10])
def test_the_best_boxes_are_averaged_as_in_refinement(count):
    generator = torch.Generator().manual_seed(count)
    boxes = torch.rand(count, 4, generator=generator) * 50 + 2
    scores = torch.rand(count, generator=generator)
    params = AtomParams(box_refinement_iter=0, num_init_random_boxes=0)
    boxes[0, 3] = 400.0  # longer than 6 to 1: out, with the best score
    scores[0] = 9.0
    found = mean_of_best(boxes.numpy(), scores.numpy(), params)
    if count == 1:
        assert found is None
        return
    best = scores[1:].topk(min(3, count - 1)).indices + 1
    torch.testing.assert_close(torch.from_numpy(found), boxes[best].mean(0))
