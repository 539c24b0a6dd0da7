"""The optimizers of a target's filter: they minimize what they say, and step as far as is best."""

from __future__ import annotations

import itertools

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.target_classifier.objectives import KLDivergence, gaussian_density, gaussian_map
from siou_tracking.ltr.models.target_classifier.optimizer import (
    DiMPL2SteepestDescentGN,
    DiMPSteepestDescentGN,
    PrDiMPSteepestDescentNewton,
)

BUILDERS = [DiMPSteepestDescentGN, DiMPL2SteepestDescentGN, PrDiMPSteepestDescentNewton]


def problem(images: int = 3, sequences: int = 2, dtype=torch.float64):
    feat = torch.randn(images, sequences, 5, 6, 7, dtype=dtype)
    boxes = torch.tensor([30.0, 34, 25, 20], dtype=dtype) + 4 * torch.randn(images, sequences, 4, dtype=dtype)
    return torch.randn(sequences, 5, 4, 4, dtype=dtype), feat, boxes


@pytest.mark.parametrize("build", BUILDERS)
def test_the_losses_fall_and_are_those_of_the_filters(build) -> None:
    net, (weights, feat, boxes) = build(num_iter=8, init_filter_reg=0.3).double(), problem()
    weights = 0.1 * weights  # near enough to the least value for a step of Newton's to go down
    last, filters, losses = net(weights, feat, boxes)
    assert torch.equal(last, filters[-1]) and len(filters) == len(losses) == 9
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    assert losses[0].shape == (1,)
    for step in (0, 4, 8):
        torch.testing.assert_close(net(filters[step], feat, boxes, num_iter=0)[2][0], losses[step])
    assert net(weights, feat, boxes, compute_losses=False)[2] == []


@pytest.mark.parametrize("build", BUILDERS)
def test_sequences_are_separate_problems(build) -> None:
    net, (weights, feat, boxes) = build(num_iter=3).double(), problem()
    sample_weight = torch.rand(3, 2, dtype=torch.float64)
    both, _, _ = net(weights, feat, boxes, sample_weight)
    for one in range(2):
        alone, _, _ = net(weights[one : one + 1], feat[:, one], boxes[:, one], sample_weight[:, one])
        torch.testing.assert_close(alone[0], both[one])
    equal = torch.full((3, 2), 1 / 3, dtype=torch.float64)
    torch.testing.assert_close(net(weights, feat, boxes, equal)[0], net(weights, feat, boxes)[0])


def test_the_step_is_the_best_one_along_the_gradient_of_a_quadratic() -> None:
    """Least squares without a hinge are quadratic in the filter."""
    net, (weights, feat, boxes) = DiMPL2SteepestDescentGN(init_filter_reg=0.3).double(), problem(sequences=1)
    weights.requires_grad_()
    after, _, losses = net(weights, feat, boxes, num_iter=1)
    (gradient,) = torch.autograd.grad(losses[0], weights)
    ratio = (weights - after) / gradient
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio))
    short, best, far = (
        net(weights + factor * (after - weights), feat, boxes, num_iter=0)[2][0] for factor in (0.99, 1, 1.01)
    )
    assert best < short and best < far
    torch.testing.assert_close(far - best, short - best, rtol=1e-6, atol=0)


@pytest.mark.parametrize("reg", [None, -1.0])
def test_the_divergences_derivatives_are_its_derivatives(reg: float | None) -> None:
    scores, change = torch.randn(2, 2, 3, 3, dtype=torch.float64), torch.randn(2, 2, 3, 3, dtype=torch.float64)
    weight = torch.rand(2, 2, 1, 1, dtype=torch.float64)
    density = torch.rand(2, 2, 3, 3, dtype=torch.float64).flatten(2).softmax(2).view(2, 2, 3, 3)
    objective = KLDivergence(density, weight, reg)
    here = objective(scores)
    gradient = torch.autograd.functional.jacobian(lambda s: objective(s).loss, scores)
    torch.testing.assert_close(here.gradient, gradient)
    _, product = torch.autograd.functional.hvp(lambda s: objective(s).loss, scores, change)
    torch.testing.assert_close(here.curvature(change), (change * product).sum(dim=(0, 2, 3)))


def test_labels_by_hand() -> None:
    center = torch.tensor([1.0, 0.0])
    torch.testing.assert_close(gaussian_map(center, (3, 2), 1.0)[:, 0], torch.tensor([-0.5, 0, -0.5]).exp())
    assert gaussian_density(center + 0.4, (3, 2), 0).tolist() == [[0, 0], [1, 0], [0, 0]]
    density = gaussian_density(torch.tensor([20.0, 20.0]), (41, 41), 1.5)
    torch.testing.assert_close(density.sum(), torch.tensor(1.0))


def test_a_filter_of_even_size_has_its_center_between_two_cells() -> None:
    box = torch.tensor([[40.0, 24, 16, 16]])  # its center is at row 2 and column 3 of the features' grid of corners
    for kernel, center in (((4, 4), [2, 3]), ((3, 3), [1.5, 2.5]), ((3, 4), [1.5, 3])):
        assert DiMPSteepestDescentGN()._center(box, kernel).tolist() == [center]


@pytest.mark.parametrize("build", BUILDERS)
def test_gradients_stop_where_filters_are_cut(build) -> None:
    weights, feat, boxes = problem()
    weights.requires_grad_()
    for length, reaches in ((float("inf"), True), (2, False), (0, False)):
        net = build(num_iter=4, detach_length=length).double()
        last, _, _ = net(weights, feat.requires_grad_(), boxes)
        gradients = torch.autograd.grad(last.square().sum(), [weights, feat], allow_unused=True)
        assert (gradients[0] is not None) == reaches
        assert gradients[1].abs().max() > 0


@pytest.mark.parametrize("build", BUILDERS)
def test_autocast_and_half_give_what_float32_gives(build) -> None:
    net, (weights, feat, boxes) = build(num_iter=3), problem(dtype=torch.float32)
    weights = weights.bfloat16().float()
    expected, _, _ = net(weights, feat.bfloat16().float(), boxes)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        last, filters, losses = net(weights, feat.bfloat16(), boxes)
    assert {last.dtype, filters[0].dtype, losses[0].dtype} == {torch.float32}
    torch.testing.assert_close(last, expected)
    last, filters, _ = net(weights.bfloat16(), feat.bfloat16(), boxes)
    assert {last.dtype, filters[0].dtype} == {torch.bfloat16}
    torch.testing.assert_close(last.float(), expected, rtol=1e-2, atol=1e-3)


def test_the_learned_functions_begin_as_the_paper_says() -> None:
    net = DiMPSteepestDescentGN(num_dist_bins=5, init_gauss_sigma=0.0, mask_act="linear", mask_init_factor=2.0)
    assert net.label_map_predictor.weight.flatten().tolist() == [1, 0, 0, 0, 0]
    mask = net.target_mask_predictor[0].weight.flatten()
    torch.testing.assert_close(mask, 2 * torch.tanh(torch.tensor([2.0, 1, 0, -1, -2])) + 0.5)
    assert net.spatial_weight_predictor.weight.flatten().tolist() == [1] * 5
    gaussian = DiMPSteepestDescentGN(num_dist_bins=3, init_gauss_sigma=1.0).label_map_predictor.weight.flatten()
    torch.testing.assert_close(gaussian, torch.tensor([0, -0.5, -2]).exp() - torch.tensor(-2.0).exp())
    with pytest.raises(InputError, match="unknown mask activation 'tanh': allowed are linear, sigmoid"):
        DiMPSteepestDescentGN(mask_act="tanh")
