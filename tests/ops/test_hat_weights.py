"""The one-dimensional weights on their own."""

from __future__ import annotations

import torch

from siou_tracking.ops.hat_weights import bin_edges, hat_average


def test_weights_of_an_interior_bin_sum_to_one() -> None:
    edges = bin_edges(torch.rand(50, dtype=torch.float64) * 5, 6 + torch.rand(50, dtype=torch.float64) * 5, 4)
    torch.testing.assert_close(hat_average(edges, 12).sum(-1), torch.ones(50, 4, dtype=torch.float64))


def test_weights_reproduce_the_middle_of_the_bin_on_a_ramp() -> None:
    edges = bin_edges(torch.tensor([0.3, 2.0]), torch.tensor([7.4, 2.5]), 3)
    ramp = torch.arange(10.0)
    torch.testing.assert_close(hat_average(edges, 10) @ ramp, 0.5 * (edges[:, 1:] + edges[:, :-1]))


def test_gradient_of_the_weights_matches_finite_differences() -> None:
    start = torch.tensor([-1.7, 0.3, 2.6, 9.0], dtype=torch.float64, requires_grad=True)
    end = torch.tensor([3.4, 0.8, 9.7, 11.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, e: hat_average(bin_edges(s, e, 3), 7), (start, end))


def test_an_end_before_the_start_is_an_empty_interval_at_the_start() -> None:
    edges = bin_edges(torch.tensor([3.0]), torch.tensor([1.0]), 2)
    assert edges.tolist() == [[3.0, 3.0, 3.0]]
    assert hat_average(edges, 5).abs().max() == 0
