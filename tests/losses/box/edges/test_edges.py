"""L1 and smooth L1 of the edges against torch's, by hand, and in their unit."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, build_box_similarity
from tests.losses.box.pairs import cost, costs, random_pairs


def test_values_are_those_of_torch_over_the_corners() -> None:
    pred, target = random_pairs()
    torch.testing.assert_close(costs("l1", pred, target), (pred - target).abs().mean(1))
    for beta in (1 / 9, 1.0):
        expected = functional.smooth_l1_loss(pred, target, reduction="none", beta=beta).mean(1)
        torch.testing.assert_close(costs("smooth_l1", pred, target, beta=beta), expected)


def test_values_by_hand_in_a_unit() -> None:
    # Left and right edge 2 off, the others none, in a crop of 10: 0.2 twice of four.
    pair = (2, 0, 6, 4), (0, 0, 4, 4)
    assert cost("l1", *pair, unit=10) == pytest.approx(0.1)
    assert cost("smooth_l1", *pair, unit=10, beta=0.4) == pytest.approx(0.2**2 / 0.8 / 2)
    assert cost("smooth_l1", *pair, unit=10, beta=0.1) == pytest.approx((0.2 - 0.05) / 2)


def test_reversed_boxes_have_the_slope_of_any_other() -> None:
    pred = torch.tensor([[10.0, 10, 0, 0]], requires_grad=True)
    costs("l1", pred, torch.tensor([[1.0, 1, 2, 2]])).sum().backward()
    assert pred.grad.tolist() == [[0.25, 0.25, -0.25, -0.25]]


def test_score_is_the_exponential() -> None:
    pred, target = random_pairs(8)
    score = build_box_similarity("l1", unit=2.0)(pred, target)
    torch.testing.assert_close(score, torch.exp(-(pred - target).abs().mean(1) / 2))


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("l1", {"unit": 0}, "l1: unit: got 0, allowed is a finite number above 0"),
        ("smooth_l1", {"unit": -1}, "smooth_l1: unit: got -1"),
        ("smooth_l1", {"beta": float("inf")}, "smooth_l1: beta: got inf"),
    ],
)
def test_values_that_make_no_sense_are_named(name: str, params: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        build_box_loss(name, **params)
