"""The density losses are the integrals they estimate: checked on Gaussians, where everything has a closed form."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.ltr.models.loss import KLRegression, KLRegressionGrid, MLRegression


def gaussian(y: torch.Tensor, mean: float, sigma: float) -> torch.Tensor:
    return torch.exp(-0.5 * ((y - mean) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))


def gaussian_kl(mean: float, sigma: float, other_mean: float, other_sigma: float) -> float:
    ratio = sigma / other_sigma
    return -math.log(ratio) + (ratio**2 + ((mean - other_mean) / other_sigma) ** 2 - 1) / 2


def entropy(sigma: float) -> float:
    return 0.5 * math.log(2 * math.pi * math.e * sigma**2)


def test_sampled_loss_is_the_kl_divergence_of_two_gaussians_up_to_the_targets_entropy():
    y = torch.randn(400_000, dtype=torch.float64) * 2
    scores = gaussian(y, 0.5, 1.2).log() + 7  # the normalization of the scores must not matter
    loss = KLRegression()(scores[None], gaussian(y, 0, 2)[None], gaussian(y, 0, 0.8)[None], mc_dim=1)
    assert loss.item() == pytest.approx(gaussian_kl(0, 0.8, 0.5, 1.2) + entropy(0.8), abs=0.02)


def test_likelihood_loss_is_the_negative_log_density_of_the_true_value():
    y = torch.randn(400_000, dtype=torch.float64) * 2
    true = torch.tensor([0.3], dtype=torch.float64)
    scores = gaussian(torch.cat([true, y]), 0.5, 1.2).log() + 7
    density = torch.cat([torch.tensor([-1.0], dtype=torch.float64), gaussian(y, 0, 2)])
    loss = MLRegression()(scores[None], density[None], mc_dim=1)
    assert loss.item() == pytest.approx(-gaussian(true, 0.5, 1.2).log().item(), abs=0.01)


def test_grid_loss_is_the_kl_divergence_of_two_gaussians_up_to_the_targets_entropy():
    axis = torch.arange(-8, 8, 0.1, dtype=torch.float64)
    x, y = torch.meshgrid(axis, axis, indexing="ij")
    scores = gaussian(x, 0.5, 1.2).log() + gaussian(y, 0, 1).log() - 3
    target = gaussian(x, 0, 0.8) * gaussian(y, 0, 1)
    loss = KLRegressionGrid()(scores[None], target[None], grid_dim=(-2, -1), grid_scale=0.01)
    assert loss.item() == pytest.approx(gaussian_kl(0, 0.8, 0.5, 1.2) + entropy(0.8) + entropy(1), abs=1e-6)


def test_loss_is_least_where_the_scores_are_the_targets_log_density():
    y = torch.randn(1, 4096, dtype=torch.float64)
    q, target = gaussian(y, 0, 1), gaussian(y, 0.2, 0.5)
    # The sampled problem has its optimum where exp(s) is proportional to the target, if the target sums to P over q.
    target = target / (target / q).mean()
    scores = target.log().requires_grad_()
    KLRegression()(scores, q, target, mc_dim=1).backward()
    assert scores.grad.abs().max() < 1e-12


def test_eps_keeps_a_sample_of_density_zero_finite():
    density = torch.tensor([[1.0, 0.0]])
    assert torch.isfinite(KLRegression(eps=1e-3)(torch.zeros(1, 2), density, torch.ones(1, 2)))


def test_likelihood_loss_refuses_samples_along_another_dimension():
    with pytest.raises(ValueError, match="expected"):
        MLRegression()(torch.zeros(2, 3), torch.ones(2, 3), mc_dim=0)
