import dataclasses

import numpy as np
import pytest
import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.trackers.atom.params import AtomParams, atom_params
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.follow import run_frames
from siou_tracking.trackers.online.params import Augmentations

SMALL = AtomParams(
    patch_size=160,
    filter_reg=1.0,
    compressed_dim=16,
    memory_size=20,
    augmentations=Augmentations(rotations=(10, -10), blurs=((1, 1),), dropouts=2),
    box_refinement_iter=0,
)


@pytest.fixture()
def tracker(net):
    return ATOM(net, SMALL, device="cpu")


def refining(net, **changes):
    return ATOM(net, dataclasses.replace(SMALL, box_refinement_iter=2, **changes), device="cpu")


def test_it_follows_a_moving_textured_square(tracker, square_sequence):
    frames, truth = square_sequence
    boxes, seconds = run_frames(tracker, frames, truth[0])
    assert boxes.shape == truth.shape and (seconds > 0).all()
    # A second thread alone takes the least from 0.64 to 0.63, and the last box's from 0.64 to 0.71.
    assert elementwise_iou(boxes, truth, "xywh").min() > 0.5


@pytest.mark.parametrize("space", ["default", "relative"])
def test_refinement_takes_the_size_from_the_predictor(net, square_sequence, space):
    frames, truth = square_sequence
    # a gradient of the fake score per pixel is small, so its steps are long
    step = (0.0, 8.0) if space == "default" else (0.0, 0.1)
    tracker = refining(net, box_refinement_space=space, box_refinement_step=step, num_init_random_boxes=4)
    boxes, _ = run_frames(tracker, frames, truth[0])
    torch.testing.assert_close(
        torch.from_numpy(boxes[:, 2:]), torch.tensor([[32.0, 24.0]]).double().expand(16, 2), rtol=0.12, atol=0
    )
    assert elementwise_iou(boxes, truth, "xywh").min() > 0.5


def test_equal_seeds_give_equal_boxes_whatever_was_tracked_before(net, square_sequence):
    frames, truth = square_sequence
    tracker = refining(net)
    before = torch.random.get_rng_state()
    first, _ = run_frames(tracker, frames[:6], truth[0])
    second, _ = run_frames(tracker, frames[:6], truth[0])
    assert np.array_equal(first, second)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_target_that_is_gone_is_not_found_and_its_box_repeats(tracker, square_sequence):
    frames, truth = square_sequence
    tracker.initialize(frames[0], {"init_bbox": truth[0]})
    last = tracker.track(frames[1])
    answer = tracker.track(np.full_like(frames[0], 128))
    assert answer["flag"] == "not_found" and answer["target_bbox"] == last["target_bbox"]


@pytest.mark.parametrize(
    "box",
    [
        [-10, -8, 32, 24],  # partly outside
        [190, 150, 32, 24],  # mostly outside at the other corner
        [50, 60, 0.5, 0.3],  # less than a pixel
        [0, 0, 200, 160],  # the whole image
        [-500, -500, 1200, 1200],  # larger than the image
        [60, 70, 150, 1],  # a line
    ],
)
def test_odd_first_boxes_give_finite_positive_boxes(net, square_sequence, box):
    frames, _ = square_sequence
    boxes, _ = run_frames(refining(net), frames[:4], box)
    assert np.isfinite(boxes).all() and (boxes[:, 2:] > 0).all()
    assert boxes[0].tolist() == box


def test_a_predictor_that_fails_leaves_the_box_of_the_score_map(net, square_sequence):
    frames, truth = square_sequence
    net.bb_regressor.predict_iou = lambda modulation, features, boxes: boxes.sum(-1) * float("nan")
    boxes, _ = run_frames(refining(net), frames[:5], truth[0])
    assert np.isfinite(boxes).all() and (boxes[:, 2:] == truth[0, 2:]).all()


def test_gray_frames_and_frames_of_another_size_are_tracked(tracker, square_sequence):
    frames, truth = square_sequence
    gray = [frame[:, :, 0] for frame in frames[:4]]
    boxes, _ = run_frames(tracker, gray, truth[0])
    assert elementwise_iou(boxes, truth[:4], "xywh").min() > 0.5
    answer = tracker.track(frames[4][:120, :150])
    assert np.isfinite(answer["target_bbox"]).all()


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ([1, 2, float("nan"), 4], "four finite numbers"),
        ([1, 2, 3], "four finite numbers"),
        ("ten", "four finite numbers"),
        ([10, 10, 0, 5], "must be positive"),
        ([10, 10, 5, -5], "must be positive"),
        ([300, 10, 5, 5], "outside the image of 200 x 160"),
    ],
)
def test_a_first_box_that_cannot_be_used_is_refused(tracker, square_sequence, box, message):
    with pytest.raises(InputError, match=message):
        tracker.initialize(square_sequence[0][0], {"init_bbox": box})


def test_images_that_cannot_be_used_are_refused(tracker):
    for image in (np.zeros((20, 20, 2), np.uint8), np.zeros((20, 20, 3)), np.zeros((0, 20, 3), np.uint8)):
        with pytest.raises(InputError, match="image: atom: initialize"):
            tracker.initialize(image, {"init_bbox": [1, 1, 5, 5]})


def test_calls_out_of_order_are_refused(tracker, square_sequence):
    with pytest.raises(InputError, match="initialize first"):
        tracker.track(square_sequence[0][0])
    with pytest.raises(InputError, match="init_bbox' is missing"):
        tracker.initialize(square_sequence[0][0], {})


def test_presets_are_known_by_name_and_fields_are_checked():
    assert atom_params() == AtomParams() and atom_params("lite").memory_size < 250
    with pytest.raises(InputError, match="did you mean 'lite'"):
        atom_params("light")
    with pytest.raises(InputError, match="did you mean 'cg_iter'"):
        atom_params("lite", cg_iters=3)
    with pytest.raises(InputError, match="multiples of 16"):
        atom_params("lite", patch_size=100)


@pytest.mark.gpu
def test_a_gpu_follows_like_the_cpu(net, square_sequence):
    frames, truth = square_sequence
    settings = dataclasses.replace(SMALL, box_refinement_iter=2)
    boxes, _ = run_frames(ATOM(net, settings, device="cuda"), frames, truth[0])
    assert elementwise_iou(boxes, truth, "xywh").min() > 0.5
