"""Distances of Gaussians against matrix formulas of the papers, integrals, and hand arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from siou_tracking.losses import build_box_similarity, smooth_iou_loss
from tests.losses.box.pairs import Measured, cost, costs, measured, random_pairs

EQUAL = (0, 0, 4, 2)


def covariances(m: Measured) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean difference and both covariance matrices, standard deviation half the size."""
    pred, target = (np.diag([(w / 2) ** 2, (h / 2) ** 2]) for w, h in ((m.w, m.h), (m.wg, m.hg)))
    return np.array([m.dx, m.dy]), pred, target


def wasserstein(m: Measured) -> float:
    d, p, t = covariances(m)
    root = np.sqrt(np.sqrt(p) @ t @ np.sqrt(p))
    return math.sqrt(d @ d + np.trace(p + t - 2 * root))


def gwd(m: Measured) -> float:
    _, p, t = covariances(m)
    return math.log1p(wasserstein(m) / (2 * (np.linalg.det(p) * np.linalg.det(t)) ** (1 / 8)))


def kld(m: Measured) -> float:
    return 1 - 1 / (1 + math.log1p(kl(*covariances(m))))


def kl(d: np.ndarray, p: np.ndarray, t: np.ndarray) -> float:
    inverse = np.linalg.inv(t)
    return (d @ inverse @ d + np.trace(inverse @ p) + math.log(np.linalg.det(t) / np.linalg.det(p)) - 2) / 2


def jd(m: Measured) -> float:
    d, p, t = covariances(m)
    return 1 - 1 / (1 + math.log1p((kl(d, p, t) + kl(d, t, p)) / 2))


def bhattacharyya(d: np.ndarray, p: np.ndarray, t: np.ndarray) -> float:
    both = (p + t) / 2
    distance = d @ np.linalg.inv(both) @ d / 8
    return distance + math.log(np.linalg.det(both) / math.sqrt(np.linalg.det(p) * np.linalg.det(t))) / 2


def kfiou(m: Measured) -> float:
    d, p, t = covariances(m)
    gain = p @ np.linalg.inv(p + t)
    volumes = [4 * math.sqrt(np.linalg.det(sigma)) for sigma in (p, t, p - gain @ p)]
    overlap = volumes[2] / (volumes[0] + volumes[1] - volumes[2])
    offsets = abs(d) / np.array([m.wg, m.hg])
    center = sum(x**2 / (2 / 9) if x < 1 / 9 else x - 1 / 18 for x in offsets)
    return 1 - 3 * overlap + center


def probiou(m: Measured) -> float:
    d, _, _ = covariances(m)
    p, t = (np.diag([w**2 / 12, h**2 / 12]) for w, h in ((m.w, m.h), (m.wg, m.hg)))
    return math.sqrt(1 - math.exp(-bhattacharyya(d, p, t)))


@pytest.mark.parametrize(
    ("name", "params", "formula"),
    [
        ("gwd", {}, gwd),
        ("kld", {}, kld),
        ("jd", {}, jd),
        ("bcd", {}, lambda m: 1 - 1 / (1 + math.log1p(bhattacharyya(*covariances(m))))),
        ("kfiou", {}, kfiou),
        ("probiou", {}, probiou),
        ("nwd", {}, lambda m: 1 - math.exp(-wasserstein(m) / 12.8)),
        ("nwd", {"constant": 3}, lambda m: 1 - math.exp(-wasserstein(m) / 3)),
    ],
)
def test_value_is_the_papers_in_matrices(name: str, params: dict, formula) -> None:
    pred, target = random_pairs()
    expected = [formula(measured(*pair)) for pair in zip(pred, target, strict=True)]
    torch.testing.assert_close(costs(name, pred, target, **params).tolist(), expected, rtol=1e-6, atol=1e-9)


def test_probiou_is_the_hellinger_distance_by_integration() -> None:
    total = 1.0
    for d, s, t in ((1.5, 3, 4), (-0.7, 5, 2)):
        x = torch.linspace(-40, 40, 200_001, dtype=torch.float64)
        first, second = (
            torch.distributions.Normal(mean, size / math.sqrt(12)).log_prob(x) for mean, size in ((d, s), (0.0, t))
        )
        total *= torch.trapezoid(((first + second) / 2).exp(), x).item()
    value = cost("probiou", (0.0, -3.2, 3.0, 1.8), (-2.0, -1.0, 2.0, 1.0))
    assert value == pytest.approx(math.sqrt(1 - total), rel=1e-6)


def test_values_by_hand() -> None:
    # A box 3 to the right of a 4 x 2 target: W 3, mean size sqrt(8); KL 2 (3/4)^2.
    moved = (3, 0, 7, 2)
    assert cost("nwd", moved, EQUAL, constant=6) == pytest.approx(1 - math.exp(-0.5))
    assert cost("gwd", moved, EQUAL) == pytest.approx(math.log(1 + 3 / math.sqrt(8)))
    assert cost("kld", moved, EQUAL) == pytest.approx(1 - 1 / (1 + math.log(1 + 9 / 8)))
    assert cost("kfiou", moved, EQUAL) == pytest.approx(3 / 4 - 1 / 18)
    assert cost("probiou", moved, EQUAL) == pytest.approx(math.sqrt(1 - math.exp(-3 * 9 / 32)))
    # Twice the target's size at its center: W sqrt(4 + 1) / 1 by halves; V 64 of 32 + 8 - 6.4 with 8 the target's.
    double = (-2, -1, 6, 3)
    assert cost("nwd", double, EQUAL, constant=1) == pytest.approx(1 - math.exp(-math.sqrt(5)))
    assert cost("kfiou", double, EQUAL) == pytest.approx(1 - 3 * 6.4 / (32 + 8 - 6.4))


def test_kld_is_the_direction_that_smooth_iou_has_not() -> None:
    pred, target = random_pairs()
    outer = smooth_iou_loss(target, pred, sharpness=1.0, divergence="kl")  # ln(1 + KL(prediction || target))
    torch.testing.assert_close(costs("kld", pred, target), outer / (1 + outer))


def test_kfiou_of_equal_sizes_is_a_third_before_and_costs_nothing_after_it_is_brought_to_one() -> None:
    _, p, t = covariances(measured(*torch.tensor([EQUAL, EQUAL], dtype=torch.float64)))
    filtered = p - p @ np.linalg.inv(p + t) @ p
    volumes = [math.sqrt(np.linalg.det(sigma)) for sigma in (p, t, filtered)]
    assert volumes[2] / (volumes[0] + volumes[1] - volumes[2]) == pytest.approx(1 / 3)
    assert cost("kfiou", EQUAL, EQUAL) == 0
    assert all(cost("kfiou", (0, 0, w, 2), EQUAL) > 0 for w in (3.9, 4.1))


def test_kfiou_gradient_holds_the_targets_size_constant_only_in_the_center() -> None:
    pred, target = random_pairs(12)
    step = 1e-6 * torch.eye(4, dtype=torch.float64)
    expected = torch.stack(
        [(costs("kfiou", pred + h, target) - costs("kfiou", pred - h, target)) / 2e-6 for h in step], dim=1
    )
    pred.requires_grad_()
    costs("kfiou", pred, target).sum().backward()
    torch.testing.assert_close(pred.grad, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["gwd", "nwd", "probiou"])
def test_a_root_makes_a_cone_whose_tip_has_a_gradient_of_zero_and_no_nan(name: str) -> None:
    target = torch.tensor([[0.0, 0, 4, 2]], dtype=torch.float64)
    slopes = []
    for shift in (0.0, 1e-9, 1e-3):
        pred = (target + torch.tensor([shift, 0, shift, 0])).requires_grad_()
        costs(name, pred, target).sum().backward()
        slopes.append(pred.grad.norm().item())
    assert slopes[0] == 0
    assert slopes[1] == pytest.approx(slopes[2], rel=1e-2)


def test_scores_have_the_papers_names_for_them() -> None:
    pred, target = random_pairs(8)
    distance = torch.tensor([wasserstein(measured(*pair)) for pair in zip(pred, target, strict=True)])
    torch.testing.assert_close(build_box_similarity("nwd")(pred, target), torch.exp(-distance.double() / 12.8))
    torch.testing.assert_close(build_box_similarity("probiou")(pred, target), 1 - costs("probiou", pred, target))
