"""Activations of scores: linear on the target, rectified off it."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.layers.activation import score_activation, softmax_reg

SCORES = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0], dtype=torch.float64)


def test_the_mask_says_how_much_of_negative_scores_is_left() -> None:
    activate, slope = score_activation("relu", None)
    for mask, below in ((1.0, -2.0), (0.0, 0.0), (0.25, -0.5)):
        value = activate(SCORES, torch.tensor(mask, dtype=torch.float64))
        assert value.tolist() == [below, below / 4, 0, 0.5, 2]
        expected = [-below / 2, -below / 2, (1 + mask) / 2, 1, 1]
        assert slope(SCORES, torch.tensor(mask, dtype=torch.float64)).tolist() == expected


@pytest.mark.parametrize(("name", "param"), [("relu", None), ("bentpar", None), ("bentpar", 0.3)])
def test_the_second_is_the_derivative_of_the_first(name: str, param: float | None) -> None:
    activate, slope = score_activation(name, param)
    mask = torch.tensor([0.0, 0.2, 0.5, 0.9, 1.0], dtype=torch.float64)
    x = (SCORES + 0.01).requires_grad_()
    (gradient,) = torch.autograd.grad(activate(x, mask).sum(), x)
    torch.testing.assert_close(slope(x, mask), gradient)


def test_other_activations_are_refused() -> None:
    with pytest.raises(InputError, match="unknown score activation 'relu6': allowed are bentpar, relu"):
        score_activation("relu6", None)


def test_a_cell_without_a_place_takes_its_share() -> None:
    x = torch.tensor([[0.0, 1.0], [2.0, -1.0]])
    torch.testing.assert_close(softmax_reg(x, dim=1), x.softmax(1))
    with_reg = torch.cat([x, torch.full((2, 1), 0.5)], dim=1).softmax(1)[:, :2]
    torch.testing.assert_close(softmax_reg(x, dim=1, reg=0.5), with_reg)
    torch.testing.assert_close(softmax_reg(x.T, dim=-2, reg=0.5), with_reg.T)
