"""What every registered loss of features promises, under each of its options."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.losses import available_feature_losses, build_feature_loss, describe_feature_loss
from siou_tracking.losses.feature.distance import DISTANCES

OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    **{distance: {"distance": distance} for distance in DISTANCES[1:]},
    "image": {"center": "image"},
    "image, pairwise": {"center": "image", "spread": "pairwise"},
    "ema": {"center": "ema", "channels": 8},
    "attached": {"detach_center": False},
    "power 1": {"power": 1},
    "unbiased": {"center": "image", "unbiased": True},
    "pairwise": {"spread": "pairwise"},
}
DEGENERATE = {
    "equal": torch.ones(6, 8),
    "zero": torch.zeros(6, 8),
    "one apart": torch.eye(6)[:, :1].expand(6, 8),
    "tiny": 1e-30 * torch.arange(48.0).reshape(6, 8),
    "large": 6e4 * torch.eye(6, 8),
    "alone": torch.ones(1, 8),
    "none": torch.ones(0, 8),
}


CASES = [
    (name, key)
    for name in available_feature_losses()
    for key, options in OPTIONS.items()
    if options.keys() <= describe_feature_loss(name).defaults.keys()
]


@pytest.fixture(params=CASES, ids="-".join)
def loss(request: pytest.FixtureRequest) -> nn.Module:
    name, key = request.param
    options = OPTIONS[key]
    return build_feature_loss(name, **options, **margins(name, options.get("distance", "rms")))


def margins(name: str, distance: str) -> dict[str, float]:
    """Margins that a few of `rows` violate on each side."""
    far, near = {"l2": (2.9, 2.4), "cosine": (1.0, 0.8), "unit": (1.4, 1.2)}.get(distance, (1.05, 0.85))
    if name == "dim":
        return {"margin_det": far, "margin_id": near}
    return {"margin": far if name == "detection_margin" else near}


def rows(count: int = 24, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """Features of 8 channels, and the image of each, three at least."""
    generator = torch.Generator().manual_seed(5)
    return torch.randn(count, 8, generator=generator, dtype=torch.float64).to(dtype), torch.arange(count) % 3


def value_and_gradient(loss: nn.Module, x: torch.Tensor, *args, **kwargs) -> tuple[torch.Tensor, torch.Tensor]:
    if getattr(loss, "running", None) is not None:
        loss.running.batches.zero_()
    x = x.detach().clone().requires_grad_()
    value = loss(x, *args, **kwargs)
    return value.detach(), torch.autograd.grad(value, x)[0]


def test_ordinary_features_cost_something_and_are_moved(loss: nn.Module) -> None:
    value, slope = value_and_gradient(loss, *rows())
    assert value.shape == ()
    assert value > 0
    assert slope.norm() > 0


def test_terms_add_up_to_the_loss(loss: nn.Module) -> None:
    x, images = rows()
    loss.eval()
    detection, identification = loss.terms(x, images)
    torch.testing.assert_close(loss(x, images), detection + identification)
    assert detection >= 0
    assert identification >= 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("case", DEGENERATE)
def test_value_and_gradient_are_finite_on_degenerate_features(loss: nn.Module, case: str, dtype: torch.dtype) -> None:
    if (case, dtype, loss.distance) == ("large", torch.float16, "sq"):
        pytest.skip("the gradient of a fourth power of 6e4 is itself beyond float16")
    x = DEGENERATE[case].to(dtype)
    value, slope = value_and_gradient(loss, x, torch.zeros(len(x), dtype=torch.long))
    assert value.isfinite()
    assert slope.isfinite().all()
    if len(x) == 0:
        assert value == 0


def test_all_padding_costs_nothing_and_keeps_the_graph(loss: nn.Module) -> None:
    x, images = rows()
    value, slope = value_and_gradient(loss, x, images, weights=torch.zeros(24))
    assert value == 0
    assert not slope.any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(loss: nn.Module, dtype: torch.dtype) -> None:
    x, images = rows(dtype=dtype)
    value, slope = value_and_gradient(loss, x, images)
    expected, wide = value_and_gradient(loss, x.float(), images)
    assert (value.dtype, slope.dtype) == (torch.float32, dtype)
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(slope, wide.to(dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(value_and_gradient(loss, x, images)[0], expected)


def test_float64_stays_float64_and_float32_is_close_to_it(loss: nn.Module) -> None:
    x, images = rows()
    value, slope = value_and_gradient(loss, x, images)
    narrow, narrow_slope = value_and_gradient(loss, x.float(), images)
    assert (value.dtype, narrow.dtype) == (torch.float64, torch.float32)
    torch.testing.assert_close(narrow.double(), value, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(narrow_slope.double(), slope, rtol=1e-4, atol=1e-7)


def test_order_of_the_features_does_not_matter(loss: nn.Module) -> None:
    x, images = rows()
    order = torch.randperm(24, generator=torch.Generator().manual_seed(1))
    value, slope = value_and_gradient(loss, x, images)
    shuffled, shuffled_slope = value_and_gradient(loss, x[order], images[order])
    torch.testing.assert_close(shuffled, value)
    torch.testing.assert_close(shuffled_slope, slope[order])


def test_rows_of_weight_zero_are_as_good_as_absent(loss: nn.Module) -> None:
    x, images = rows()
    kept = torch.arange(24) % 4 != 0
    value, slope = value_and_gradient(loss, x, images, weights=kept)
    expected, expected_slope = value_and_gradient(loss, x[kept], images[kept])
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(slope[kept], expected_slope)
    assert not slope[~kept].any()


def test_a_common_factor_of_all_weights_does_not_matter(loss: nn.Module) -> None:
    x, images = rows()
    weights = torch.linspace(0.2, 1, 24, dtype=torch.float64)
    results = [value_and_gradient(loss, x, images, weights=factor * weights) for factor in (1, 7)]
    torch.testing.assert_close(*results)


def test_gradient_with_the_center_given_equals_finite_differences(loss: nn.Module) -> None:
    x, images = rows(9)
    center = torch.linspace(-0.2, 0.3, 8, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda features: loss(features, images, center=center), x.requires_grad_())


def test_inputs_are_left_as_they_were(loss: nn.Module) -> None:
    x, images = rows()
    before = x.clone(), images.clone()
    loss(x.requires_grad_(), images).backward()
    assert torch.equal(x, before[0])
    assert torch.equal(images, before[1])


def test_nan_in_gives_nan_out(loss: nn.Module) -> None:
    x, images = rows()
    x[3, 2] = math.nan
    assert loss(x, images).isnan()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": [[0.0] * 8]}, "features: got list"),
        ({"features": torch.zeros(8)}, r"features: got .*\(8,\), allowed is a floating \(N, C\)"),
        ({"features": torch.zeros(3, 8, dtype=torch.long)}, "features: got torch.int64"),
        ({"features": torch.zeros(3, 0)}, r"\(3, 0\)"),
        ({"batch_index": torch.zeros(2, dtype=torch.long)}, r"batch_index: got shape \(2,\), allowed is \(3,\)"),
        ({"batch_index": torch.zeros(3)}, "batch_index: got torch.float32, allowed are integers"),
        ({"ids": torch.zeros(3, 1, dtype=torch.long)}, "ids: got shape"),
        ({"weights": torch.ones(4)}, "weights: got shape"),
        ({"center": torch.ones(7)}, "center: got shape"),
    ],
)
def test_wrong_shapes_and_types_are_named(loss: nn.Module, arguments: dict, message: str) -> None:
    usual = {"features": torch.zeros(3, 8), "batch_index": torch.zeros(3, dtype=torch.long)}
    with pytest.raises(InputError, match=message):
        loss(**{**usual, **arguments})


@pytest.mark.slow
def test_compiled_without_a_graph_break_and_equal_to_eager(loss: nn.Module) -> None:
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True)
    x, images = rows(dtype=torch.float32)
    expected = value_and_gradient(loss, x, images)
    features = x.clone().requires_grad_()
    if loss.running is not None:
        loss.running.batches.zero_()
    value = compiled(features, images)
    torch.testing.assert_close((value.detach(), torch.autograd.grad(value, features)[0]), expected)


@pytest.mark.gpu
def test_cuda_equals_cpu_and_never_waits_for_the_device(loss: nn.Module) -> None:
    x, images = rows(dtype=torch.float32)
    weights = torch.arange(24) % 5 != 0
    expected = value_and_gradient(loss, x, images, weights=weights)
    loss, on_device = loss.cuda(), [values.cuda() for values in (x, images, weights)]
    value_and_gradient(loss, *on_device[:2], weights=on_device[2])
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = value_and_gradient(loss, *on_device[:2], weights=on_device[2])
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close([values.cpu() for values in found], list(expected))
