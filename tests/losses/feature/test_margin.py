"""What the DIM loss claims to do to features, each against closed forms, finite differences or descent to the end.

The expected numbers are by hand, not from this implementation.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.losses import DetectionMarginLoss, DIMLoss, IdentificationMarginLoss
from siou_tracking.losses.feature.distance import DISTANCES, feature_distance


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def radii(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean(0)).square().mean(1).sqrt()


def gaps(x: torch.Tensor) -> torch.Tensor:
    return torch.pdist(x) / math.sqrt(x.shape[1])


def gradient(loss: nn.Module, x: torch.Tensor, *args, **kwargs) -> torch.Tensor:
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(x, *args, **kwargs), x)[0]


def descend(loss, x: torch.Tensor, rate: float, steps: int = 150) -> torch.Tensor:
    """Plain gradient descent; a rate of 0.5 times N C would take a mean of squared distances to 0 in one step."""
    x = x.clone()
    for _ in range(steps):
        x.requires_grad_()
        x = (x - rate * torch.autograd.grad(loss(x), x)[0]).detach()
    return x


def with_outliers(channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """40 features, of which the first 5 lie beyond 1 of the center and the rest well within."""
    x = normal(40, channels, scale=0.2)
    x[:5] *= 3 / x[:5].square().mean(1, keepdim=True).sqrt()
    return x, radii(x) > 1


def two_rings(inner: float, outer: float, seed: int = 0) -> torch.Tensor:
    """Features in 4 channels, opposite pairs about the origin, half of them at each distance."""
    x = normal(8, 4, seed=seed)
    x = x / x.square().mean(1, keepdim=True).sqrt()
    x[:4] *= inner
    x[4:] *= outer
    return torch.cat((x, -x))


@pytest.mark.parametrize("channels", [2, 64])
def test_detection_term_draws_outliers_to_the_margin_and_leaves_inliers_where_they_are(channels: int) -> None:
    x, outliers = with_outliers(channels)
    assert outliers.sum() == 5
    moved = descend(DetectionMarginLoss(1.0), x, 0.4 * x.numel())
    assert radii(moved).max().item() == pytest.approx(1, abs=1e-3)
    assert torch.equal(moved[~outliers], x[~outliers])


@pytest.mark.parametrize("channels", [2, 64])
def test_an_attached_center_moves_the_inliers_too(channels: int) -> None:
    x, outliers = with_outliers(channels)
    moved = descend(DetectionMarginLoss(1.0, detach_center=False), x, 0.4 * x.numel())
    assert radii(moved).max().item() == pytest.approx(1, abs=1e-3)
    assert (moved - x)[~outliers].square().mean(1).sqrt().max() > 0.05


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("channels", [2, 64])
def test_identification_term_spreads_a_tight_cluster_to_the_margin(channels: int, power: int) -> None:
    x = normal(40, channels, scale=0.05)
    rate = x.numel() * (0.4 if power == 2 else 0.01)
    moved = descend(IdentificationMarginLoss(0.5, power=power), x, rate)
    assert radii(x).max() < 0.25
    assert radii(moved).min() > 0.499
    assert radii(moved).max() < 0.55


@pytest.mark.parametrize("channels", [2, 64])
def test_pairwise_identification_term_parts_every_pair_to_the_margin(channels: int) -> None:
    x = normal(16, channels, scale=0.02)
    moved = descend(IdentificationMarginLoss(0.5, "pairwise"), x, 0.05 * 16 * x.numel(), steps=400)
    assert gaps(x).min() < 0.1
    assert gaps(moved).min() > 0.499


def test_between_the_margins_the_gradient_is_exactly_zero_and_beyond_them_it_is_not() -> None:
    x = normal(64, 8)
    d = radii(x)
    shell = (d >= 0.9) & (d <= 1.1)
    assert 10 < shell.sum() < 54
    slope = gradient(DIMLoss(1.1, 0.9), x)
    assert not slope[shell].any()
    assert (slope[~shell].norm(dim=1) > 0).all()


def test_an_attached_center_gives_the_shell_a_gradient_and_moves_nothing_as_a_whole() -> None:
    x = normal(64, 8)
    d = radii(x)
    slope = gradient(DIMLoss(1.1, 0.9, detach_center=False), x)
    assert slope[(d >= 0.9) & (d <= 1.1)].norm(dim=1).min() > 1e-6
    assert slope.sum(0).abs().max() < 1e-15
    assert gradient(DIMLoss(1.1, 0.9), x).sum(0).abs().max() > 1e-6


def test_the_slope_grows_from_zero_at_the_margin() -> None:
    origin = torch.zeros(4, dtype=torch.float64)
    for beyond, expected in ((0.0, 0.0), (1e-6, 5e-7)):
        # One row of 4 channels at d: the slope of each channel is 2 (d - 1) / sqrt(4) / 2.
        row = torch.full((1, 4), 1 + beyond, dtype=torch.float64)
        slope = gradient(DetectionMarginLoss(1.0), row, center=origin)
        assert slope.abs().max().item() == pytest.approx(expected, rel=1e-6, abs=0)


def test_both_terms_bring_a_mixture_into_the_shell() -> None:
    x = two_rings(0.1, 4.0)
    moved = descend(DIMLoss(1.0, 0.5), x, 0.4 * x.numel())
    assert radii(moved).min() > 0.4999
    assert radii(moved).max() < 1.0001
    assert DIMLoss(1.0, 0.5)(moved) < 1e-12


def between(distances: torch.Tensor, rank: int) -> float:
    """A margin midway between two distances that follow each other, so that no feature is near the kink."""
    ordered = distances.sort().values
    assert ordered[rank] - ordered[rank - 1] > 1e-3
    return ordered[rank - 1 : rank + 1].mean().item()


@pytest.mark.parametrize("center", ["batch", "image", "given"])
@pytest.mark.parametrize("spread", ["center", "pairwise"])
@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("distance", DISTANCES)
def test_gradient_equals_finite_differences(distance: str, power: int, spread: str, center: str) -> None:
    x = normal(7, 5, seed=3).requires_grad_()
    images = torch.tensor([0, 2, 0, 2, 2, 0, 2])
    given = {"center": normal(5, seed=4)} if center == "given" else {}
    options = {"distance": distance, "power": power, "center": "batch" if given else center, "detach_center": False}
    d, _ = DetectionMarginLoss(0.0, **options).distances(x.detach(), images, **given)
    i, j = torch.triu_indices(7, 7, 1)
    i, j = (side[images[i] == images[j]] for side in (i, j))
    near = d if spread == "center" else feature_distance(x[i], x[j], distance).detach()
    loss = DIMLoss(between(d, 5), between(near, 2), spread=spread, **options)
    assert all(term > 0 for term in loss.terms(x, images, **given))
    assert torch.autograd.gradcheck(lambda rows: loss(rows, images, **given), x)


def test_a_detached_center_is_not_the_derivative_of_its_value_unless_the_center_is_given() -> None:
    x = normal(7, 5, seed=3).requires_grad_()
    loss = DIMLoss(1.07, 0.93)
    assert not torch.autograd.gradcheck(loss, x, raise_exception=False)
    fixed = x.detach().mean(0)
    assert torch.autograd.gradcheck(lambda rows: loss(rows, center=fixed), x)
    torch.testing.assert_close(gradient(loss, x), gradient(loss, x, center=fixed))


@pytest.mark.parametrize("spread", ["center", "pairwise"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_objects_cost_a_finite_amount_and_none_or_one_cost_nothing(count: int, dtype, spread: str) -> None:
    x = normal(count, 8).to(dtype)
    images = torch.zeros(count, dtype=torch.long)
    for center in ("batch", "image"):
        loss = DIMLoss(0.2, 0.2, spread=spread, center=center)
        value, slope = loss(x, images), gradient(loss, x, images)
        assert value.isfinite()
        assert slope.isfinite().all()
        assert slope.dtype == dtype
        assert (value > 0) == (count == 2)
        assert slope.any().item() == (count == 2)


def test_equal_features_cost_the_squared_margin_and_have_nowhere_to_go() -> None:
    x = torch.ones(5, 8, dtype=torch.float64)
    for spread in ("center", "pairwise"):
        loss = IdentificationMarginLoss(0.5, spread)
        assert loss(x).item() == 0.25
        assert not gradient(loss, x).any()


def test_a_map_without_objects_costs_nothing_and_has_a_gradient() -> None:
    feature_map = normal(2, 8, 4, 4).requires_grad_()
    DIMLoss(1.0, 0.5)(feature_map.permute(0, 2, 3, 1)[torch.zeros(2, 4, 4, dtype=torch.bool)]).backward()
    assert feature_map.grad.shape == feature_map.shape
    assert not feature_map.grad.any()


@pytest.mark.parametrize("spread", ["center", "pairwise"])
def test_only_the_arrangement_counts(spread: str) -> None:
    x = normal(20, 6)
    loss = DIMLoss(1.05, 0.95, spread=spread)
    value = loss(x)
    rotation = torch.linalg.qr(normal(6, 6, seed=1)).Q
    for same in (x[torch.randperm(20)], x + normal(6, seed=2), x @ rotation, x.repeat(1, 3)):
        torch.testing.assert_close(loss(same), value, rtol=1e-12, atol=1e-14)
    assert (loss(2 * x) - value).abs() > 0.05
    plain = DIMLoss(2.5, 2.3, spread=spread, distance="l2")
    assert (plain(x.repeat(1, 3)) - plain(x)).abs() > 0.1


@pytest.mark.parametrize("weight", [1.0, 3.0])
@pytest.mark.parametrize("pull", [0.1, 0.5, 2.0])
def test_against_a_quadratic_pull_the_radius_settles_where_the_forces_cancel(pull: float, weight: float) -> None:
    x = two_rings(0.3, 0.6)
    loss = DIMLoss(1.0, 0.5, weight_id=weight)
    moved = descend(lambda rows: loss(rows) + pull / 2 * rows.square().mean(), x, 0.15 * x.numel() / weight)
    expected = torch.full((16,), 2 * weight * 0.5 / (2 * weight + pull), dtype=torch.float64)
    torch.testing.assert_close(radii(moved), expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize(("push", "expected"), [(0.1, 1.05), (0.5, 1.25)])
def test_against_a_constant_push_the_radius_settles_beyond_the_margin(push: float, expected: float) -> None:
    x = two_rings(0.8, 2.0)
    loss = DIMLoss(1.0, 0.5)
    outward = lambda rows: loss(rows) - push * rows.square().mean(1).sqrt().mean()  # noqa: E731
    moved = descend(outward, x, 0.3 * x.numel())
    torch.testing.assert_close(radii(moved), torch.full((16,), expected, dtype=torch.float64), rtol=1e-9, atol=0)


def test_two_tight_groups_about_the_center_are_seen_in_pairs_only() -> None:
    side = torch.full((10, 4), 0.7, dtype=torch.float64)
    x = torch.cat((side, -side))
    assert IdentificationMarginLoss(0.5)(x) == 0
    # 9 of a feature's 19 partners are where it is, and cost 0.25 each.
    assert IdentificationMarginLoss(0.5, "pairwise")(x).item() == pytest.approx(0.25 * 9 / 19)


def test_features_that_cannot_be_negative_spread_to_the_margin() -> None:
    x = (0.1 + normal(40, 32, scale=0.05)).relu()
    loss = IdentificationMarginLoss(0.5)
    for _ in range(400):
        x = (x - 0.2 * x.numel() * gradient(loss, x)).relu()
    assert radii(x).min() > 0.499
    assert 0.1 < (x == 0).double().mean() < 0.7


def test_the_mean_of_few_is_drawn_to_them_unless_corrected() -> None:
    for count in (2, 5):
        x = normal(4000 * count, 16, seed=count)
        images = torch.arange(4000).repeat_interleave(count)
        plain, fair = (
            DIMLoss(1.0, 0.5, center="image", unbiased=flag).distances(x, images)[0] for flag in (False, True)
        )
        assert plain.square().mean().item() == pytest.approx(1 - 1 / count, abs=0.02)
        assert fair.square().mean().item() == pytest.approx(1, abs=0.02)
        squared, _ = DIMLoss(1.0, 0.5, center="image", unbiased=True, distance="sq").distances(x, images)
        torch.testing.assert_close(squared, fair.square())


def test_with_power_1_the_slope_on_the_margin_itself_is_zero() -> None:
    origin = torch.zeros(4, dtype=torch.float64)
    row = torch.ones(1, 4, dtype=torch.float64)
    for loss in (DetectionMarginLoss(1.0, power=1), IdentificationMarginLoss(1.0, power=1)):
        assert not gradient(loss, row, center=origin).any()
    assert gradient(DetectionMarginLoss(0.999, power=1), row, center=origin).abs().max() == 0.25


def test_inverted_margins_are_refused_for_they_leave_a_loss_that_no_features_avoid() -> None:
    with pytest.raises(InputError, match=r"margin_id: got 1 with margin_det 0\.6, allowed is at most margin_det"):
        DIMLoss(0.6, 1.0)
    with pytest.raises(ValueError, match="margin_det"):
        DIMLoss(margin_det=0.5, margin_id=0.50001)
    outer, inner = DetectionMarginLoss(0.6), IdentificationMarginLoss(1.0)
    moved = descend(lambda rows: outer(rows) + inner(rows), two_rings(0.5, 1.5), 0.15 * 64)
    torch.testing.assert_close(radii(moved), torch.full((16,), 0.8, dtype=torch.float64))
    assert (outer(moved) + inner(moved)).item() == pytest.approx(0.08)


def test_pairs_may_be_as_far_apart_as_two_radii_and_no_farther() -> None:
    opposite = torch.ones(2, 4, dtype=torch.float64) * torch.tensor([[1.0], [-1.0]])
    for distance, times in (("rms", 2), ("l2", 2), ("sq", 4)):
        (margin, _), _ = DIMLoss(9.0, 0.0, distance=distance).distances(opposite)
        loss = DIMLoss(margin.item(), times * margin.item(), spread="pairwise", distance=distance)
        assert loss(opposite) == 0
        with pytest.raises(InputError, match=f"at most {times} "):
            DIMLoss(1.0, times + 0.01, spread="pairwise", distance=distance)


def test_one_object_an_image_has_a_center_in_the_batch_and_none_in_its_image() -> None:
    x, images = normal(6, 8, scale=3.0), torch.arange(6)
    assert DIMLoss(1.0, 0.5)(x, images) > 0
    assert gradient(DIMLoss(1.0, 0.5), x, images).any()
    alone = DIMLoss(1.0, 0.5, center="image")
    assert alone(x, images) == 0
    assert not gradient(alone, x, images).any()


def test_an_attached_center_pulls_every_inlier_towards_the_outlier() -> None:
    x = normal(12, 8, scale=0.1)
    x[0] += 5
    towards = (x[0] - x.mean(0)).expand(11, 8)
    step = -gradient(DetectionMarginLoss(1.6, detach_center=False), x)[1:]
    torch.testing.assert_close(torch.cosine_similarity(step, towards), torch.ones(11, dtype=torch.float64))
    assert not gradient(DetectionMarginLoss(1.6), x)[1:].any()
