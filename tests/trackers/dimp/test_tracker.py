import dataclasses
import itertools

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.trackers.dimp.params import PRESETS, DimpParams, dimp_params
from siou_tracking.trackers.dimp.tracker import DiMP
from siou_tracking.trackers.follow import run_frames
from tests.trackers.dimp.conftest import small_network

SMALL = {"patch_size": 160, "memory_size": 20, "box_refinement_iter": 0}
CELL = 14.0
"""Pixels that a cell of the scores has here: without refinement the target's place is told no finer."""


def farthest(boxes: np.ndarray, truth: np.ndarray) -> float:
    """Pixels between the middles of two boxes of a size, along one axis."""
    return float(np.abs(boxes - truth)[:, :2].max())


@pytest.fixture
def tracker(dimp_net):
    return DiMP(dimp_net, DimpParams(**SMALL), "cpu")


@pytest.mark.parametrize(
    ("kind", "preset"),
    [("dimp", "dimp18"), ("prdimp", "prdimp18"), ("simple", "super_dimp_simple"), ("dimp", "dimp18_vot18")],
)
def test_it_follows_a_moving_textured_square(square_sequence, kind, preset):
    frames, truth = square_sequence
    boxes, seconds = run_frames(DiMP(small_network(kind), dimp_params(preset, **SMALL), "cpu"), frames, truth[0])
    assert boxes.shape == truth.shape and (seconds > 0).all()
    assert farthest(boxes, truth) < CELL


def test_refinement_takes_the_size_from_the_predictor(dimp_net, square_sequence):
    frames, truth = square_sequence
    params = DimpParams(**{**SMALL, "box_refinement_iter": 3}, box_refinement_step=(0.0, 8.0), num_init_random_boxes=4)
    boxes, _ = run_frames(DiMP(dimp_net, params, "cpu"), frames, truth[0])
    np.testing.assert_allclose(boxes[:, 2:], np.tile([32.0, 24.0], (16, 1)), rtol=0.15)


def test_equal_seeds_give_equal_boxes_whatever_was_tracked_before(dimp_net, square_sequence):
    frames, truth = square_sequence
    tracker = DiMP(dimp_net, DimpParams(**{**SMALL, "box_refinement_iter": 2}), "cpu")
    before = torch.random.get_rng_state()
    first, _ = run_frames(tracker, frames[:5], truth[0])
    second, _ = run_frames(tracker, frames[:5], truth[0])
    assert np.array_equal(first, second)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_target_that_is_gone_is_not_found_and_its_box_repeats(tracker, square_sequence):
    frames, truth = square_sequence
    tracker.initialize(frames[0], {"init_bbox": truth[0]})
    last = tracker.track(frames[1])
    stored = len(tracker._model.memory)
    answer = tracker.track(np.full_like(frames[0], 128))
    assert answer["flag"] == "not_found" and answer["target_bbox"] == last["target_bbox"]
    assert len(tracker._model.memory) == stored


def test_the_filter_is_improved_when_its_turn_has_come_and_not_before(dimp_net, square_sequence):
    frames, truth = square_sequence
    params = DimpParams(**SMALL, train_skipping=3, hard_negative_threshold=2.0, distractor_threshold=2.0)
    tracker = DiMP(dimp_net, params, "cpu")
    tracker.initialize(frames[0], {"init_bbox": truth[0]})
    filters = [tracker._model.filter]
    for frame in frames[1:5]:
        tracker.track(frame)
        filters.append(tracker._model.filter)
    changed = [not torch.equal(old, new) for old, new in itertools.pairwise(filters)]
    assert changed == [False, False, True, False]  # the fourth frame is the third after the first


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
@pytest.mark.parametrize("shrink", [None, 1.5])
def test_odd_first_boxes_give_finite_positive_boxes(dimp_net, square_sequence, box, shrink):
    frames, _ = square_sequence
    params = DimpParams(**{**SMALL, "box_refinement_iter": 2}, max_shrink=shrink, target_not_found_threshold=-9.0)
    boxes, _ = run_frames(DiMP(dimp_net, params, "cpu"), frames[:4], box)
    assert np.isfinite(boxes).all() and (boxes[:, 2:] > 0).all()
    assert boxes[0].tolist() == box


def test_a_predictor_that_fails_leaves_the_box_of_the_score_map(dimp_net, square_sequence):
    frames, truth = square_sequence
    dimp_net.bb_regressor.predict_iou = lambda modulation, features, boxes: boxes.sum(-1) * float("nan")
    params = DimpParams(**{**SMALL, "box_refinement_iter": 2})
    boxes, _ = run_frames(DiMP(dimp_net, params, "cpu"), frames[:5], truth[0])
    assert np.isfinite(boxes).all() and (boxes[:, 2:] == truth[0, 2:]).all()


def test_gray_frames_and_frames_of_another_size_are_tracked(tracker, square_sequence):
    frames, truth = square_sequence
    boxes, _ = run_frames(tracker, [frame[:, :, 0] for frame in frames[:4]], truth[0])
    assert farthest(boxes, truth[:4]) < CELL
    assert np.isfinite(tracker.track(frames[4][:120, :150])["target_bbox"]).all()


def test_calls_out_of_order_and_unusable_images_are_refused(tracker, square_sequence):
    with pytest.raises(InputError, match="dimp: track: called before initialize"):
        tracker.track(square_sequence[0][0])
    with pytest.raises(InputError, match="init_bbox' is missing"):
        tracker.initialize(square_sequence[0][0], {})
    with pytest.raises(InputError, match="image: dimp: initialize"):
        tracker.initialize(np.zeros((20, 20, 2), np.uint8), {"init_bbox": [1, 1, 5, 5]})


def test_presets_are_pytrackings_and_fields_are_checked():
    dimp, prdimp, wide = PRESETS["dimp18"], PRESETS["prdimp18"], PRESETS["super_dimp"]
    assert dimp == DimpParams() == PRESETS["dimp50"]
    assert (dimp.patch_size, dimp.memory_size, dimp.train_skipping, dimp.box_refinement_iter) == (288, 50, 20, 5)
    assert (prdimp.box_refinement_space, prdimp.box_refinement_iter) == ("relative", 10)
    assert (prdimp.score_preprocess, prdimp.target_not_found_threshold) == ("softmax", 0.04)
    assert dataclasses.replace(PRESETS["prdimp50"], score_preprocess="none", target_not_found_threshold=0.25) == wide
    assert (wide.patch_size, wide.search_area_factor, wide.max_shrink) == (352, 6.0, 1.5)
    with pytest.raises(InputError, match="did you mean 'prdimp50'"):
        dimp_params("prdimp5")
    with pytest.raises(InputError, match="did you mean 'update_iter'"):
        dimp_params("dimp18", update_iters=3)
    with pytest.raises(InputError, match="multiples of 16"):
        dimp_params("dimp18", patch_size=100)
    with pytest.raises(InputError, match="score_preprocess"):
        dimp_params("dimp18", score_preprocess="softmx")


@pytest.mark.gpu
def test_a_gpu_follows_like_the_cpu(dimp_net, square_sequence):
    frames, truth = square_sequence
    boxes, _ = run_frames(DiMP(dimp_net, DimpParams(**SMALL), "cuda"), frames, truth[0])
    assert farthest(boxes, truth) < CELL
