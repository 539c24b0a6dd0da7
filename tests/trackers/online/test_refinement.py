import pytest
import torch

from siou_tracking.trackers.online.params import RefinementParams
from siou_tracking.trackers.online.refinement import ascend, by_autograd, refine_box, start_boxes

GOAL = torch.tensor([100.0, 80.0, 60.0, 40.0])
START = torch.tensor([104.0, 77.0, 50.0, 48.0])


def quadratic(boxes):
    """Maximum 1 at GOAL; in units of the goal's sides, so that one step size suits both spaces."""
    scale = torch.tensor([60.0, 40.0, 60.0, 40.0])
    return 1 - (((boxes - GOAL) / scale) ** 2).sum(-1)


def params(space, iterations=200, **changes):
    step = {"default": (20.0, 20.0), "relative": (0.2, 0.2)}[space]
    changes = {"box_refinement_step": step, **changes}
    return RefinementParams(box_refinement_space=space, box_refinement_iter=iterations, **changes)


@pytest.mark.parametrize("space", ["default", "relative"])
def test_ascent_climbs_to_the_maximum(space):
    boxes, scores = ascend(by_autograd(quadratic), torch.stack([START, GOAL + 3]), params(space))
    torch.testing.assert_close(boxes, GOAL.expand(2, 4), rtol=0, atol=0.05)
    torch.testing.assert_close(scores, torch.ones(2), rtol=0, atol=1e-4)


@pytest.mark.parametrize("space", ["default", "relative"])
def test_each_box_moves_on_its_own(space):
    together, _ = ascend(by_autograd(quadratic), torch.stack([START, GOAL + 10]), params(space, 3))
    alone, _ = ascend(by_autograd(quadratic), START[None], params(space, 3))
    torch.testing.assert_close(together[:1], alone)


def test_first_step_in_each_space_follows_its_rule():
    gradient = torch.tensor([0.01, -0.02, 0.03, 0.04])

    def linear(boxes):
        return boxes @ gradient

    moved, _ = ascend(by_autograd(linear), START[None], params("default", 1, box_refinement_step=(1.0, 1.0)))
    torch.testing.assert_close(moved[0], START + gradient * torch.tensor([50.0, 48.0, 50.0, 48.0]))
    # relative: the score as a function of center c = size0 * rho and size s = size0 * exp(t) is
    # g_xy (c - s/2) + g_wh s, so d/d rho = size0 g_xy and d/d t = s (g_wh - g_xy / 2)
    moved, _ = ascend(by_autograd(linear), START[None], params("relative", 1, box_refinement_step=(1e-3, 2e-3)))
    size0 = START[2:]
    center = START[:2] + size0 / 2 + size0 * 1e-3 * size0 * gradient[:2]
    size = size0 * torch.exp(2e-3 * size0 * (gradient[2:] - gradient[:2] / 2))
    torch.testing.assert_close(moved[0], torch.cat([center - size / 2, size]))


def test_start_boxes_hold_the_box_and_stay_within_their_spread():
    boxes = start_boxes(START, RefinementParams(num_init_random_boxes=500), torch.Generator().manual_seed(0))
    assert torch.equal(boxes[0], START)
    root = (START[2] * START[3]).sqrt()
    center, expected = boxes[1:, :2] + boxes[1:, 2:] / 2, START[:2] + START[2:] / 2
    assert ((center - expected).abs() <= 0.05 * root + 1e-3).all()
    assert (boxes[1:, 2:] >= START[2:].min() / 3).all()
    assert ((boxes[1:, 2:] - START[2:]).abs() <= 0.25 * root + 1e-3).all()


def test_refined_box_is_the_mean_of_the_best():
    settings = params("default", 1, box_refinement_step=(0.0, 0.0), iounet_k=3)
    boxes = start_boxes(START, settings, torch.Generator().manual_seed(4))
    expected = boxes[quadratic(boxes).topk(3).indices]
    box, score = refine_box(by_autograd(quadratic), START, settings, torch.Generator().manual_seed(4))
    torch.testing.assert_close(box, expected.mean(0))
    assert score == pytest.approx(float(quadratic(expected).mean()), abs=1e-6)


@pytest.mark.parametrize(
    "score",
    [
        lambda boxes: boxes.sum(-1) * float("nan"),  # no finite score
        lambda boxes: boxes[:, 2] * 1e9,  # runs away to an impossible shape
    ],
)
def test_no_usable_box_gives_none(score):
    assert refine_box(by_autograd(score), START, params("default", 5), torch.Generator().manual_seed(0)) is None
