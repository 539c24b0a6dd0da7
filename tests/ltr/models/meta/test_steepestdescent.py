"""Steepest descent on any residuals, compared with the one that has its derivatives by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from siou_tracking.ltr.data.tensors import TensorList
from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.objectives import gaussian_map
from siou_tracking.ltr.models.target_classifier.optimizer import DiMPL2SteepestDescentGN
from siou_tracking.ltr.models.target_classifier.residual_modules import LinearFilterHinge


def problem():
    feat, weights = torch.randn(3, 2, 5, 6, 7, dtype=torch.float64), torch.randn(2, 5, 4, 4, dtype=torch.float64)
    boxes = torch.tensor([30.0, 34, 25, 20], dtype=torch.float64).expand(3, 2, 4)
    label = gaussian_map(torch.tensor([44.0, 42.5], dtype=torch.float64).expand(3, 2, 2) / 16, (7, 8), 1.3)
    return weights, feat, boxes, label


def hinge(steps: int = 3, **options) -> GNSteepestDescent:
    residuals = LinearFilterHinge(init_filter_reg=0.3, hinge_threshold=0.2, score_act="relu")
    return GNSteepestDescent(residuals, steps, compute_losses=True, residual_batch_dim=1, **options).double()


def test_it_takes_the_steps_of_the_optimizer_with_derivatives_by_hand() -> None:
    weights, feat, boxes, label = problem()
    by_hand = DiMPL2SteepestDescentGN(3, gauss_sigma=1.3, hinge_threshold=0.2, init_filter_reg=0.3).double()
    last, filters, losses = by_hand(weights, feat, boxes)
    ours, ours_filters, ours_losses = hinge()(weights, feat=feat, bb=boxes, train_label=label)
    torch.testing.assert_close(ours, last)
    torch.testing.assert_close(ours_filters, filters)
    # It divides by the number of residuals, the other one by that of sequences.
    count = label.numel() + weights.numel()
    torch.testing.assert_close(torch.stack(ours_losses) * count, torch.cat(losses) * 2)


def test_nothing_is_differentiated_outside_where_gradients_are_off() -> None:
    net, (weights, feat, _, label) = hinge(), problem()
    expected, _, _ = net(weights, feat=feat, train_label=label)
    assert expected.requires_grad
    for off in (torch.no_grad, torch.inference_mode):
        with off():
            given = (weights.clone(), feat.clone(), label.clone())
            last, filters, losses = net(given[0], feat=given[1], train_label=given[2])
            assert not (last.requires_grad or filters[1].requires_grad or losses[0].requires_grad)
            torch.testing.assert_close(last, expected.detach())
            assert torch.is_grad_enabled() is False and not given[0].requires_grad


def test_training_reaches_the_features_unless_it_is_cut() -> None:
    weights, feat, _, label = problem()
    for length, reaches in ((float("inf"), True), (2, False)):
        net, start = hinge(3, detach_length=length), weights.clone().requires_grad_()
        last, _, _ = net(start, feat=feat.requires_grad_(), train_label=label)
        gradients = torch.autograd.grad(last.square().sum(), [start, feat, *net.parameters()], allow_unused=True)
        assert (gradients[0] is not None) == reaches
        assert all(gradient.abs().max() > 0 for gradient in gradients[1:])


def test_several_variables_take_one_step_length() -> None:
    """A linear problem in two variables: one step of no regularization ends where the best one does."""

    class Difference(nn.Module):
        def forward(self, x: TensorList, target: torch.Tensor) -> TensorList:
            return TensorList([x[0] + 2 * x[1] - target])

    net = GNSteepestDescent(Difference(), num_iter=1)
    target = torch.tensor([[5.0], [10.0]])
    start = TensorList([torch.zeros(2, 1), torch.zeros(2, 1)])
    last, iterates, losses = net(start, target=target)
    assert [value.flatten().tolist() for value in last] == [[1, 2], [2, 4]]
    assert len(iterates) == 2 and isinstance(iterates[0], TensorList) and losses == []


def test_autocast_changes_nothing_but_the_features_precision() -> None:
    weights, feat, _, label = (value.float() for value in problem())
    net = hinge().float()
    expected, _, _ = net(weights, feat=feat.bfloat16().float(), train_label=label)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        last, _, _ = net(weights, feat=feat.bfloat16(), train_label=label)
    torch.testing.assert_close(last, expected)


def test_labels_are_asked_for() -> None:
    weights, feat, boxes, _ = problem()
    with pytest.raises(TypeError, match="LinearFilterHinge: got no train_label"):
        hinge()(weights, feat=feat, bb=boxes)
