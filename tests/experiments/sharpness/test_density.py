"""The density's sharpness is its tail alone: the peak has the width asked for."""

from __future__ import annotations

import pytest
import torch

from experiments.sharpness.density import GAUSSIAN, LIMIT, SIGMA, describe_densities, exponent, profile
from experiments.sharpness.forms import Member
from experiments.sharpness.plan import SHARPNESSES
from siou_tracking.retrain.density_target import density_exponent


@pytest.mark.parametrize("divergence", ["bhattacharyya", "kl"])
def test_the_exponent_is_the_products(divergence: str) -> None:
    params = {"sharpness": 8.0, "divergence": divergence}
    assert exponent(Member(**params)) == pytest.approx(density_exponent("smooth_iou", params, SIGMA))


@pytest.mark.parametrize("sharpness", SHARPNESSES)
def test_near_the_target_every_density_is_the_gaussian(sharpness: float) -> None:
    offset = torch.tensor([0.0, 0.02, 0.05])
    torch.testing.assert_close(
        profile(Member(sharpness=sharpness), offset), -offset.double().square() / 2, rtol=2e-3, atol=1e-12
    )


def test_the_exponential_form_has_no_sharpness() -> None:
    offset = torch.linspace(0, 8, 9)
    torch.testing.assert_close(profile(Member("exp", sharpness=64.0), offset), profile(GAUSSIAN, offset))


def test_a_larger_sharpness_has_more_tail_and_a_larger_normalizer() -> None:
    members = [Member(sharpness=value) for value in (4.0, 1.0, 32.0, 128.0)]
    found = describe_densities(members, frames=100)
    ordered = [found[name] for name in (LIMIT, *(Member(sharpness=value).name for value in (1.0, 4.0, 32.0, 128.0)))]
    for key in ("z_ratio", "beyond_3_sigma"):
        values = [one[key] for one in ordered]
        assert values == sorted(values) and values[-1] > 3 * values[0]
    assert found[members[0].name]["elsewhere"] == 0
    assert found[members[1].name]["elsewhere"] < 0.03 < 0.3 < found[members[3].name]["elsewhere"]


def test_densities_repeat() -> None:
    first, again, other = (describe_densities([Member()], 5, seed) for seed in (0, 0, 1))
    assert first == again != other
