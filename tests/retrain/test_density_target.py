"""The target density integrates to one, has the width asked for, and leaves marked entries alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_similarity, describe, registered_box_losses
from siou_tracking.ltr.data.proposals import sample_box_gmm
from siou_tracking.ltr.models.loss.kl_regression import KLRegression
from siou_tracking.retrain.density_target import density_exponent, target_density
from siou_tracking.retrain.score_target import score_target

SIGMA = 0.05
# All but those that have no similarity, follow a unit of length, or are flat at the target.
NAMES = [
    name
    for name in registered_box_losses()
    if not (describe(name).no_score or describe(name).lengths or name == "focaler_iou")
]
BOX = torch.tensor([40.0, 60.0, 80.0, 30.0])
MIXTURE = [(0.05, 0.05), (0.5, 0.5)]
SMOOTH = {"sharpness": 4.0, "divergence": "bhattacharyya"}


def similarity_of(name: str, params: dict | None = None):
    """The similarity in xywh and its exponent."""
    values = {k: v for k, v in describe(name).density_defaults.items() if k != "box_format"} | (params or {})
    return build_box_similarity(name, **values, box_format="xywh"), density_exponent(name, values, SIGMA)


def box_at(offset: torch.Tensor, box: torch.Tensor = BOX) -> torch.Tensor:
    """Boxes at relative coordinates (center / target size, log size) from `box`."""
    size = box[2:].to(offset) * offset[..., 2:].exp()
    return torch.cat((box[:2].to(offset) + (0.5 + offset[..., :2]) * box[2:].to(offset) - size / 2, size), dim=-1)


def batch(count: int, box: torch.Tensor = BOX, add_mean_box: bool = False) -> dict:
    proposals, density, gt = sample_box_gmm(box, MIXTURE, (SIGMA, SIGMA), count, add_mean_box)
    return {
        "test_anno": box.view(1, 1, 4),
        "test_proposals": proposals[None, None],
        "proposal_density": density[None, None],
        "gt_density": gt[None, None],
    }


@pytest.mark.parametrize("name", NAMES)
def test_autocast_changes_no_bit_of_targets(name: str):
    data = batch(32)
    similarity, exponent = similarity_of(name)
    exact = target_density(data, similarity, exponent), score_target(data, similarity)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(target_density(data, similarity, exponent), exact[0])
        assert torch.equal(score_target(data, similarity), exact[1])


def smooth_normalizer_by_quadrature(exponent: float, sharpness: float) -> float:
    """Integral of S^tau over relative coordinates, number by number; the two center axes are done in closed form.

    In relative coordinates D = sum_k e_k^2 / (1 + exp(2 u_k)) + 1/2 ln cosh u_k, and the integral of
    (a + sum b_k e_k^2)^-tau over the plane is pi a^(1 - tau) / ((tau - 1) sqrt(b_1 b_2)).
    """
    u = np.linspace(-2, 2, 1601)
    a = 1 + sharpness / 2 * (np.log(np.cosh(u))[:, None] + np.log(np.cosh(u))[None, :])
    root = np.sqrt((1 + np.exp(2 * u))[:, None] * (1 + np.exp(2 * u))[None, :]) / sharpness
    values = math.pi * a ** (1 - exponent) / (exponent - 1) * root
    return np.trapezoid(np.trapezoid(values, u), u)


@pytest.mark.parametrize("sharpness", [4.0, 32.0])
def test_normalizer_from_the_proposals_is_the_integral(sharpness: float):
    similarity, exponent = similarity_of("smooth_iou", {"sharpness": sharpness})
    data = batch(400_000)
    density = target_density(data, similarity, exponent)
    raw = similarity(data["test_proposals"], BOX) ** exponent
    used = raw[0, 0, 0].item() / density[0, 0, 0].item()
    assert used == pytest.approx(smooth_normalizer_by_quadrature(exponent, sharpness), rel=0.02)


def test_normalizer_does_not_depend_on_how_far_sizes_reach():
    # 4-D sums over boxes within e^2 and e^12 of the target's size.
    def normalizer(reach: float, exponent: float, sharpness: float) -> float:
        u = np.linspace(-reach, reach, int(200 * reach) + 1)
        h, root = np.log(np.cosh(u)), np.sqrt(1 + np.exp(2 * u))
        a = 1 + sharpness / 2 * (h[:, None] + h[None, :])
        return np.trapezoid(np.trapezoid(a ** (1 - exponent) * root[:, None] * root[None, :], u), u)

    for sharpness, exponent in ((4, 100), (32, 12.5)):
        assert normalizer(2, exponent, sharpness) == pytest.approx(normalizer(6, exponent, sharpness), rel=1e-4)
    assert normalizer(6, 2, 200) > 2 * normalizer(2, 2, 200)


@pytest.mark.parametrize("name", NAMES)
def test_mean_importance_ratio_is_one_so_that_a_constant_added_to_all_scores_changes_nothing(name: str):
    similarity, exponent = similarity_of(name)
    data = batch(128)
    ratio = target_density(data, similarity, exponent) / data["proposal_density"]
    assert ratio.mean().item() == pytest.approx(1, abs=1e-5)
    assert ratio.min() >= 0


@pytest.mark.parametrize("name", NAMES)
def test_scores_of_tau_log_similarity_are_what_the_loss_is_least_for(name: str):
    """The gradient vanishes there, and every other score costs more; a constant added to all costs nothing."""
    similarity, exponent = similarity_of(name)
    data = {key: value.double() for key, value in batch(64).items()}
    density = target_density(data, similarity, exponent)[0]
    best = (exponent * similarity(data["test_proposals"], data["test_anno"].unsqueeze(2)).log()[0]).clamp_min(-500)

    def loss(scores: torch.Tensor) -> torch.Tensor:
        return KLRegression()(scores, sample_density=data["proposal_density"][0], gt_density=density, mc_dim=1)

    scores = best.clone().requires_grad_()
    loss(scores).backward()
    assert scores.grad.abs().max() < 1e-7
    assert loss(best + 7).item() == pytest.approx(loss(best).item(), abs=1e-5)
    for _ in range(20):
        assert loss(best + torch.randn_like(best)) > loss(best)


@pytest.mark.parametrize("divergence", ["bhattacharyya", "kl"])
@pytest.mark.parametrize("sharpness", [1.0, 4.0, 20.0])
def test_peak_is_as_wide_as_the_gaussian_it_replaces(divergence: str, sharpness: float):
    """Second derivatives of -ln g: 1 / sigma^2 along the center, half of it along the log size."""
    similarity, exponent = similarity_of("smooth_iou", {"sharpness": sharpness, "divergence": divergence})

    def energy(offset: torch.Tensor) -> torch.Tensor:
        return -exponent * similarity(box_at(offset), BOX.double()).log()

    hessian = torch.autograd.functional.hessian(energy, torch.zeros(4, dtype=torch.float64))
    expected = torch.diag(torch.tensor([1, 1, 0.5, 0.5], dtype=torch.float64)) / SIGMA**2
    assert torch.allclose(hessian, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_standard_deviation_along_a_center_axis_is_sigma_within_a_tenth(name: str):
    similarity, exponent = similarity_of(name)
    error = torch.linspace(-1, 1, 20001, dtype=torch.float64)
    offset = torch.zeros(len(error), 4, dtype=torch.float64)
    offset[:, 1] = error
    # The width of gwd is a share of the target's mean size; the tails of wiou and gwd are heavier than the others'.
    target = torch.tensor([40.0, 60.0, 50.0, 50.0]) if name == "gwd" else BOX
    height = similarity(box_at(offset, target), target.double()) ** exponent
    deviation = ((height * error**2).sum() / height.sum()).sqrt().item()
    assert deviation == pytest.approx(SIGMA, rel=0.15 if name in ("wiou", "gwd") else 0.1)


def test_density_near_the_target_is_the_gaussian_with_wider_sizes():
    """Compared where most of the mass is: within one sigma, ratios to the peak agree within a few percent."""
    similarity, exponent = similarity_of("smooth_iou", SMOOTH)
    offset = torch.randn(1000, 4, dtype=torch.float64) * SIGMA / 2
    ratio = similarity(box_at(offset), BOX.double()) ** exponent
    sigma = torch.tensor([SIGMA, SIGMA, math.sqrt(2) * SIGMA, math.sqrt(2) * SIGMA], dtype=torch.float64)
    gaussian = (-0.5 * (offset / sigma).square().sum(-1)).exp()
    assert torch.allclose(ratio, gaussian, rtol=0.1)


def test_density_is_the_same_wherever_the_box_lies_and_however_large_it_is():
    similarity, exponent = similarity_of("smooth_iou", SMOOTH)
    offset = torch.randn(1, 1, 64, 4) * 0.1
    results = []
    for box in (BOX, BOX * 3, BOX + torch.tensor([100.0, -30.0, 0.0, 0.0])):
        data = {"test_anno": box.view(1, 1, 4), "test_proposals": box_at(offset, box)}
        data["proposal_density"] = data["gt_density"] = torch.ones(1, 1, 64)
        results.append(target_density(data, similarity, exponent))
    assert torch.allclose(results[0], results[1], rtol=1e-3, atol=1e-5)
    assert torch.allclose(results[0], results[2], rtol=1e-3, atol=1e-5)


def test_prepended_target_keeps_its_mark_and_does_not_count():
    similarity, exponent = similarity_of("smooth_iou", SMOOTH)
    data = batch(64, add_mean_box=True)
    density = target_density(data, similarity, exponent)
    assert density[0, 0, 0] == 1
    drawn = {name: value[:, :, 1:] if name != "test_anno" else value for name, value in data.items()}
    # S ** 100 in single precision: a last bit of S is 1e-5 of the density.
    assert torch.allclose(density[:, :, 1:], target_density(drawn, similarity, exponent), rtol=1e-4)


def test_frames_without_the_target_keep_the_data_layers_density_and_disturb_no_other_frame():
    similarity, exponent = similarity_of("smooth_iou", SMOOTH)
    absent = torch.tensor([99999999.9, 99999999.9, 80.0, 30.0])
    rows = [batch(32), batch(32, absent)]
    data = {name: torch.cat([row[name] for row in rows], dim=1) for name in rows[0]}
    density = target_density(data, similarity, exponent)
    assert torch.equal(density[0, 1], data["gt_density"][0, 1])
    assert torch.allclose(density[0, 0], target_density(rows[0], similarity, exponent)[0, 0], rtol=1e-4)


def test_proposals_without_any_similarity_get_density_zero_not_nan():
    similarity, exponent = similarity_of("iou")
    data = batch(8)
    data["test_proposals"] = data["test_proposals"] + 1000
    assert torch.equal(target_density(data, similarity, exponent), torch.zeros(1, 1, 8))


def test_a_similarity_too_sharp_for_the_width_is_refused_with_the_cure():
    with pytest.raises(InputError, match=r"gt_sigma 0.05 its exponent would be 2, allowed is above 2: .* --sharpness"):
        density_exponent("smooth_iou", {"sharpness": 200.0, "divergence": "bhattacharyya"}, 0.05)
    with pytest.raises(InputError, match="smaller gt_sigma"):
        density_exponent("iou", {}, 0.5)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("l1", "box loss l1: as a target density: its width would follow unit and not the target's size"),
        ("giou+nwd", "would follow nwd.constant and not"),
        ("focaler_iou", "its similarity has neither a tip nor a smooth peak at the target"),
        ("piou", "box loss piou: as a score: it falls again"),
    ],
)
def test_a_similarity_without_a_width_of_its_own_is_refused(name: str, told: str):
    with pytest.raises(InputError) as error:
        density_exponent(name, {}, SIGMA)
    assert told in str(error.value)


def test_exponents_of_tips_and_peaks_by_hand():
    # A tip of slope k: sqrt(2) / (k sigma); a peak k e^2: 1 / (2 k sigma^2).
    slopes = {
        "iou": 2,
        "giou": 1,
        "alpha_iou": 6,
        "inner_iou": 2 / 0.7,
        "gwd": 1,
        "probiou": math.sqrt(1.5),
        "giou+iou": 1.5,
    }
    for name, slope in slopes.items():
        assert density_exponent(name, {}, SIGMA) == pytest.approx(math.sqrt(2) / (slope * SIGMA), rel=1e-6), name
    for name, bend in {"kld": 2, "kfiou": 4.5}.items():
        assert density_exponent(name, {}, SIGMA) == pytest.approx(1 / (2 * bend * SIGMA**2), rel=1e-6), name


@pytest.mark.parametrize("name", NAMES)
def test_no_value_is_looked_at_so_that_a_training_step_need_not_wait_for_its_device(name: str):
    """Tensors without values, of the device "meta", are enough."""
    similarity, exponent = similarity_of(name)
    data = {key: value.to("meta") for key, value in batch(8).items()}
    density = target_density(data, similarity, exponent)
    assert (density.device.type, density.shape) == ("meta", (1, 1, 8))
