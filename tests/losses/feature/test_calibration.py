"""Margins come from the tails of what a baseline's features measure, and refuse what has no tails."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import chi2

from siou_tracking.errors import InputError
from siou_tracking.losses import DIMLoss, Foreground, calibrate_margins


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("channels", [64, 256])
def test_distances_concentrate_with_the_channels_as_chi_square_says(channels: int) -> None:
    found = calibrate_margins(normal(4000, channels), low=0.05, high=0.95)
    expected = np.sqrt(chi2.ppf((0.05, 0.5, 0.95), channels) / channels)
    assert found.quantiles == pytest.approx(expected, abs=0.01)
    assert (found.margin_id, found.margin_det) == pytest.approx(expected[[0, 2]], abs=0.01)
    assert found.count == 4000


def test_calibrated_margins_leave_the_stated_share_of_features_outside() -> None:
    x = normal(1000, 32)
    found = calibrate_margins([x[:500], x[500:]], low=0.1, high=0.85)
    loss = DIMLoss(found.margin_det, found.margin_id)
    d = torch.cat([loss.distances(half)[0] for half in x.split(500)])
    assert (d < found.margin_id).double().mean().item() == pytest.approx(0.1, abs=0.002)
    assert (d > found.margin_det).double().mean().item() == pytest.approx(0.15, abs=0.002)


def test_pairwise_margin_comes_from_pairs_of_different_identity_only() -> None:
    x = normal(200, 64).repeat_interleave(2, 0)
    ids = torch.arange(400) // 2
    found = calibrate_margins([(x, None, ids)], spread="pairwise")
    assert calibrate_margins(x, spread="pairwise", low=0.0).margin_id == 0
    distinct = torch.pdist(x[::2]) / 8
    assert found.margin_id == pytest.approx(distinct.quantile(0.1).item(), abs=0.01)
    # Independent features are sqrt(2) as far from each other as from their center.
    assert found.margin_id / calibrate_margins(x).margin_id == pytest.approx(2**0.5, abs=0.05)


def test_padding_and_objects_alone_in_their_image_are_not_measured() -> None:
    x = normal(12, 8)
    images = torch.tensor([0] * 5 + [1] * 6 + [2])
    weights = torch.ones(12)
    weights[4] = 0
    x[4] = 100
    found = calibrate_margins([Foreground(x, images, None, weights)], center="image")
    assert found.count == 10
    assert found.quantiles[2] < 2


def test_a_running_center_settles_over_the_batches() -> None:
    batches = [normal(50, 16, seed=seed) + 5 for seed in range(4)]
    found = calibrate_margins(batches, center="ema", channels=16)
    assert found.quantiles[1] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("batches", "params", "message"),
    [
        ([], {}, "distances to the center: got none"),
        (torch.zeros(0, 4), {}, "got none"),
        (torch.ones(5, 4), {}, "got only zeros"),
        (torch.tensor([[0.0, 1], [float("nan"), 2], [3, 1]]), {}, "got NaN or infinity"),
        (torch.rand(5, 4), {"low": 0.9, "high": 0.1}, "low and high: got 0.9 and 0.1"),
        (torch.rand(5, 4), {"low": -0.1}, "allowed is 0 <= low"),
        (torch.rand(5, 4), {"distance": "euclid"}, "unknown distance"),
        ([torch.rand(4)], {}, r"features: got .*\(4,\)"),
    ],
)
def test_nothing_to_measure_is_refused(batches, params: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        calibrate_margins(batches, **params)
