"""The total of two balanced losses and DIM, and why DIM gets no learned weight of its own."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import DIMTerms, TaskBalance

DET, ID = torch.tensor(2.0), torch.tensor(6.0)
TERMS = DIMTerms(torch.tensor(0.03), torch.tensor(0.05))


def test_two_losses_are_balanced_as_the_formula_says() -> None:
    expected = 0.5 * (math.exp(1.85) * 2 + math.exp(1.05) * 6 - 1.85 - 1.05)
    assert TaskBalance()(DET, ID).item() == pytest.approx(expected)


def test_add_keeps_dim_outside_the_learned_weights() -> None:
    balance = TaskBalance()
    added = balance(DET, ID, TERMS) - balance(DET, ID)
    assert added.item() == pytest.approx(10 * 0.08, rel=1e-5)
    slopes = [torch.autograd.grad(balance(DET, ID, terms), balance.s_det)[0] for terms in (None, TERMS)]
    torch.testing.assert_close(*slopes)


def test_grouped_lets_each_weight_scale_its_own_term() -> None:
    balance = TaskBalance("grouped", scale=4.0)
    joined = TaskBalance()(DET + 4 * TERMS.detection, ID + 4 * TERMS.identification)
    torch.testing.assert_close(balance(DET, ID, TERMS), joined)


def test_a_learned_weight_of_its_own_runs_away_and_is_refused() -> None:
    s = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for _ in range(200):
        (slope,) = torch.autograd.grad(0.5 * (torch.exp(-s) * 0.0 + s), s)
        s = (s - 0.5 * slope).detach().requires_grad_()
    assert s.item() == pytest.approx(-50)
    with pytest.raises(InputError, match="learned weight of its own"):
        TaskBalance("uncertainty")


def test_learned_weights_settle_at_the_logarithm_of_the_losses_with_dim_at_zero() -> None:
    balance = TaskBalance()
    optimizer = torch.optim.SGD(balance.parameters(), lr=0.5)
    nothing = DIMTerms(torch.zeros(()), torch.zeros(()))
    for _ in range(200):
        optimizer.zero_grad()
        balance(DET, ID, nothing).backward()
        optimizer.step()
    assert balance.s_det.item() == pytest.approx(math.log(2), abs=1e-3)
    assert balance.s_id.item() == pytest.approx(math.log(6), abs=1e-3)


@pytest.mark.parametrize(
    ("params", "message"), [({"combination": "grouping"}, "did you mean 'grouped'"), ({"scale": -1}, "scale: got -1")]
)
def test_wrong_settings_are_named(params: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TaskBalance(**params)
