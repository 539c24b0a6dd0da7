"""Proposals: the same distribution as a rejection loop per box, the rules of a draw, and the mixture's densities."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from siou_tracking.ltr.data import processing_utils as prutils
from siou_tracking.ltr.data.bounding_box_utils import rect_to_rel, rel_to_rect

SIGMAS = [0.01, 0.05, 0.1, 0.2, 0.3]


def plain_iou(a, b):
    width = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


def loop_proposal(box, min_iou, sigmas, rng):
    """One proposal by the rejection rule as it reads in words: the independent truth for `sample_proposals`."""
    sigma = rng.choice(sigmas) * math.sqrt(box[2] * box[3])
    for _ in range(100):
        center = [box[0] + box[2] / 2 + rng.normal(0, sigma), box[1] + box[3] / 2 + rng.normal(0, sigma)]
        size = [box[2] + rng.normal(0, sigma), box[3] + rng.normal(0, sigma)]
        size = [s if s > 1 else full * rng.uniform(0.15, 0.5) for s, full in zip(size, box[2:], strict=True)]
        drawn = [round(v) for v in (center[0] - size[0] / 2, center[1] - size[1] / 2, *size)]
        drawn[2:] = [s if s > 1 else full * rng.uniform(0.15, 0.5) for s, full in zip(drawn[2:], box[2:], strict=True)]
        overlap = plain_iou(box, drawn)
        if overlap > min_iou:
            break
        sigma *= 0.9
    return drawn, overlap


@pytest.mark.parametrize(
    ("box", "min_iou", "sigmas"),
    [
        ([100.0, 80.0, 60.0, 40.0], 0.1, SIGMAS),  # ATOM's training setting
        ([10.5, 20.25, 12.0, 90.0], 0.6, [0.3]),  # nearly every first draw is rejected
        ([5.0, 5.0, 3.0, 2.5], 0.1, [0.3]),  # sides fall to one pixel and are replaced
    ],
)
def test_vectorized_proposals_have_the_distribution_of_the_rejection_loop(box, min_iou, sigmas):
    rng, count = np.random.default_rng(3), 4000
    looped = [loop_proposal(box, min_iou, sigmas, rng) for _ in range(count)]
    proposals, overlap = prutils.sample_proposals(torch.tensor([box]), count, min_iou, sigmas, np.random.default_rng(4))
    pairs = [(overlap[0].numpy(), [o for _, o in looped])]
    pairs += [(proposals[0, :, c].numpy(), [p[c] for p, _ in looped]) for c in range(4)]
    for ours, truth in pairs:
        assert stats.ks_2samp(ours, np.float32(truth)).pvalue > 0.001


def test_reported_iou_is_the_iou_of_the_returned_boxes():
    boxes = torch.tensor([[3.0, 4.0, 50.0, 20.0], [0.5, 0.25, 7.0, 9.0]])
    proposals, overlap = prutils.sample_proposals(boxes, 64, 0.1, SIGMAS)
    assert proposals.shape == (2, 64, 4)
    for box, drawn, values in zip(boxes.tolist(), proposals.tolist(), overlap.tolist(), strict=True):
        assert values == pytest.approx([plain_iou(box, d) for d in drawn], abs=1e-6)
    assert (overlap > 0.1).all()


def test_boxes_above_a_pixel_are_whole_pixels():
    proposals, _ = prutils.sample_proposals(torch.tensor([[100.3, 80.7, 60.2, 40.9]]), 100, 0.1, SIGMAS)
    assert torch.equal(proposals, proposals.round())


def test_an_unreachable_overlap_ends_after_the_allowed_attempts():
    # A box of a third of a pixel between two pixel borders cannot overlap a rounded box that much.
    _, overlap = prutils.sample_proposals(torch.tensor([[0.4, 0.4, 0.3, 0.3]]), 8, 0.9, 0.1)
    assert overlap.shape == (1, 8)
    assert (overlap <= 0.9).all()


def test_sigma_may_differ_per_coordinate():
    still = torch.tensor([0.0, 0.0, 0.2, 0.0])  # only the width moves
    proposals, _ = prutils.sample_proposals(torch.tensor([[10.0, 20.0, 30.0, 40.0]]), 50, 0.1, [still])
    assert proposals[..., [1, 3]].flatten().unique().tolist() == [20.0, 40.0]
    assert proposals[..., 2].unique().numel() > 5


def test_the_same_generator_state_gives_the_same_proposals():
    box = torch.tensor([[10.0, 20.0, 30.0, 40.0]])
    first, second = (prutils.sample_proposals(box, 5, 0.1, SIGMAS, np.random.default_rng(1))[0] for _ in range(2))
    assert torch.equal(first, second)


def test_perturb_box_gives_one_box_and_one_iou():
    box = torch.tensor([10.0, 20.0, 30.0, 40.0])
    drawn, overlap = prutils.perturb_box(box, min_iou=0.5, sigma_factor=SIGMAS)
    assert (drawn.shape, overlap.shape) == ((4,), (1,))
    assert overlap.item() == pytest.approx(plain_iou(box.tolist(), drawn.tolist()), abs=1e-6)


def test_relative_form_is_inverted_and_matches_hand_arithmetic():
    box = torch.tensor([[10.0, 20.0, 8.0, 4.0]])
    # center (14, 22), size (8, 4): 14 / 8, 22 / 4, log 8, log 4
    assert rect_to_rel(box)[0].tolist() == pytest.approx([1.75, 5.5, math.log(8), math.log(4)])
    assert torch.allclose(rel_to_rect(rect_to_rel(box)), box)
    size = torch.tensor([2.0, 5.0])
    assert torch.allclose(rel_to_rect(rect_to_rel(box, size), size), box)


def test_mixture_densities_integrate_to_one_and_follow_the_samples():
    # E_q[1/q over a region] is the region's volume; with q from the function, the mean of g/q over samples is 1.
    _, q, g = prutils.sample_box_gmm(
        torch.tensor([5.0, 5.0, 20.0, 10.0]), [(0.05, 0.05), (0.5, 0.5)], (0.1, 0.1), 60000
    )
    assert (g / q).mean().item() == pytest.approx(1.0, abs=0.05)


def test_mixture_density_at_a_drawn_box_is_the_mean_of_the_component_densities():
    target, sigmas = torch.tensor([5.0, 5.0, 20.0, 10.0]), [(0.05, 0.1), (0.5, 0.25)]
    boxes, q, g = prutils.sample_box_gmm(target, sigmas, (0.2, 0.3), 10)
    offset = (rect_to_rel(boxes.double(), target[2:].double()) - rect_to_rel(target.view(1, 4), target[2:])).numpy()

    def density(center, size):
        return np.prod(stats.norm.pdf(offset, scale=[center, center, size, size]), axis=1)

    assert q.numpy() == pytest.approx((density(*sigmas[0]) + density(*sigmas[1])) / 2, rel=1e-3)
    assert g.numpy() == pytest.approx(density(0.2, 0.3), rel=1e-3)


def test_the_mean_box_comes_first_with_its_marks_and_zero_sigma_gives_zero_density():
    target = torch.tensor([5.0, 5.0, 20.0, 10.0])
    boxes, q, g = prutils.sample_box_gmm(target, [(0.1, 0.1)], (0, 0), 3, add_mean_box=True)
    assert boxes[0].tolist() == target.tolist()
    assert q[0].item() == -1
    assert g.tolist() == [1, 0, 0, 0]
