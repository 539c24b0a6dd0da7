"""The heads' losses against closed forms, and in batches without objects."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.mot.training.losses import among_rivals, distance_loss, heatmap_loss, identity_loss


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def test_heatmap_loss_of_three_cells_by_hand():
    # y = 1, p = 0.8: -(0.2^2) ln 0.8; y = 0.5, p = 0.3: -(0.5^4) 0.3^2 ln 0.7; y = 0, p = 0.1: -0.1^2 ln 0.9
    expected = -(0.04 * math.log(0.8) + 0.0625 * 0.09 * math.log(0.7) + 0.01 * math.log(0.9))
    logits = torch.tensor([logit(0.8), logit(0.3), logit(0.1)], dtype=torch.float64)
    target = torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)
    assert heatmap_loss(logits, target).item() == pytest.approx(expected, rel=1e-12)


def test_heatmap_loss_is_divided_by_the_centers_and_by_nothing_without_any():
    logits = torch.randn(2, 1, 5, 6, dtype=torch.float64)
    target = torch.rand(2, 1, 5, 6, dtype=torch.float64) * 0.9
    undivided = heatmap_loss(logits, target)
    p = torch.sigmoid(logits)
    torch.testing.assert_close(undivided, -((1 - target) ** 4 * p**2 * torch.log(1 - p)).sum())
    target[:, :, 2, 2] = 1
    of_two = heatmap_loss(logits, target)
    cells = p[target == 1]
    found = -((1 - cells) ** 2 * torch.log(cells)).sum()
    rest = -((1 - target) ** 4 * p**2 * torch.log(1 - p)).sum()
    torch.testing.assert_close(of_two, (found + rest) / 2)


def test_ignored_cells_cost_nothing():
    logits = torch.randn(1, 1, 3, 3, requires_grad=True)
    target = torch.zeros(1, 1, 3, 3)
    target[0, 0, 1, 1] = 1
    ignored = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
    ignored[0, 0, 0] = True
    loss = heatmap_loss(logits, target, ignored)
    torch.testing.assert_close(loss, heatmap_loss(logits[:, :, 1:], target[:, :, 1:]))
    loss.backward()
    assert not logits.grad[0, 0, 0].any() and logits.grad[0, 0, 1:].all()


def test_heatmap_loss_has_the_gradient_of_finite_differences():
    logits = torch.randn(1, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    target = torch.rand(1, 1, 4, 4, dtype=torch.float64)
    target[0, 0, 1, 1] = 1
    assert torch.autograd.gradcheck(lambda x: heatmap_loss(x, target), logits)


@pytest.mark.parametrize("value", [-200.0, 200.0])
def test_heatmap_loss_and_gradient_are_finite_where_probabilities_round(value):
    logits = torch.full((1, 1, 2, 2), value, requires_grad=True)
    loss = heatmap_loss(logits, torch.eye(2)[None, None])
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(logits.grad).all()


def test_half_precision_logits_are_computed_in_float32():
    logits = torch.randn(1, 1, 4, 4)
    target = torch.eye(4)[None, None]
    half = heatmap_loss(logits.half(), target)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, heatmap_loss(logits.half().float(), target))


def test_distance_loss_is_the_mean_over_the_numbers_of_the_objects():
    prediction = torch.tensor([[[1.0, 2.0], [9.0, 9.0]], [[0.0, 0.0], [5.0, 1.0]]])
    mask = torch.tensor([[True, False], [True, True]])
    # |1| + |2|, |0| + |0|, |5| + |1| over six numbers
    assert distance_loss(prediction, torch.zeros(2, 2, 2), mask).item() == pytest.approx(9 / 6)


def test_identity_loss_leaves_unknown_persons_out():
    scores = torch.randn(2, 3, 7)
    identities = torch.tensor([[4, -1, 0], [-1, -1, 6]])
    chosen = [(0, 0, 4), (0, 2, 0), (1, 2, 6)]
    expected = -sum(torch.log_softmax(scores[i, j], 0)[k] for i, j, k in chosen) / 3
    torch.testing.assert_close(identity_loss(scores, identities), expected)


@pytest.mark.parametrize("objects", [0, 4])
def test_without_objects_losses_are_zero_with_a_graph(objects):
    prediction = torch.randn(2, objects, 4, requires_grad=True)
    scores = torch.randn(2, objects, 5, requires_grad=True)
    nothing = torch.zeros(2, objects, dtype=torch.bool)
    loss = distance_loss(prediction, torch.zeros(2, objects, 4), nothing)
    loss = loss + identity_loss(scores, torch.full((2, objects), -1))
    loss.backward()
    assert loss.item() == 0
    assert not prediction.grad.any() and not scores.grad.any()


def test_only_rivals_compete():
    scores = torch.randn(2, 2, 7, requires_grad=True)
    identities = torch.tensor([[2, -1], [4, 6]])
    loss = identity_loss(among_rivals(scores, torch.tensor([[1, 4], [4, 7]])), identities)
    expected = -(
        torch.log_softmax(scores[0, 0, 1:4], 0)[1]
        + torch.log_softmax(scores[1, 0, 4:], 0)[0]
        + torch.log_softmax(scores[1, 1, 4:], 0)[2]
    )
    torch.testing.assert_close(loss, expected / 3)
    loss.backward()
    assert not scores.grad[0, :, [0, 4, 5, 6]].any() and scores.grad[1, :, 4:].all()


@pytest.mark.parametrize("identity", [4, -2])
def test_an_identity_without_a_class_is_refused(identity):
    scores, identities = torch.randn(1, 3, 4), torch.tensor([[0, identity, 3]])
    with pytest.raises(InputError, match=rf"identities: got .*{identity}.*allowed are -1 to 3, as the classifier has"):
        identity_loss(scores, identities)
