"""Applying a filter is the convolution it stands for, and its transpose is its adjoint."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.layers.filter import apply_feat_transpose, apply_filter, filter_gradient

KERNELS = [(1, 1), (3, 3), (4, 4), (4, 3), (5, 2)]


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def convolved(feat: torch.Tensor, filters: torch.Tensor, groups: int = 1) -> torch.Tensor:
    """One sequence and one image at a time."""
    padding = (filters.shape[-2] // 2, filters.shape[-1] // 2)
    images = [
        torch.stack(
            [functional.conv2d(x, f, padding=padding, groups=groups) for x, f in zip(image, filters, strict=True)]
        )
        for image in feat
    ]
    return torch.stack(images)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("images", "sequences"), [(1, 1), (3, 1), (1, 2), (3, 2)])
def test_scores_are_a_convolution_for_each_sequence(kernel, images: int, sequences: int) -> None:
    feat, one = random(images, sequences, 6, 5, 7), random(sequences, 6, *kernel)
    torch.testing.assert_close(apply_filter(feat, one), convolved(feat, one.unsqueeze(1)).squeeze(2))
    several = random(sequences, 4, 6, *kernel)
    torch.testing.assert_close(apply_filter(feat, several), convolved(feat, several))
    grouped = random(sequences, 4, 3, *kernel)
    torch.testing.assert_close(apply_filter(feat, grouped), convolved(feat, grouped, groups=2))


def test_a_sequence_of_one_needs_no_dimension() -> None:
    feat, weights = random(3, 6, 5, 7), random(1, 6, 4, 4)
    torch.testing.assert_close(apply_filter(feat, weights), apply_filter(feat.unsqueeze(1), weights))
    scores = random(3, 1, 6, 8)
    torch.testing.assert_close(
        apply_feat_transpose(feat, scores, 4), apply_feat_transpose(feat.unsqueeze(1), scores, (4, 4))
    )


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("filters", [(), (3,)])
def test_the_transpose_is_the_adjoint(kernel, filters) -> None:
    feat, weights = random(3, 2, 6, 5, 7), random(2, *filters, 6, *kernel)
    scores = apply_filter(feat, weights)
    residuals = torch.randn_like(scores)
    transposed = apply_feat_transpose(feat, residuals, kernel)
    assert transposed.shape == weights.shape
    torch.testing.assert_close((transposed * weights).sum(), (residuals * scores).sum())


def test_the_gradient_is_that_of_half_the_squared_distance() -> None:
    feat, weights, label = random(3, 2, 6, 5, 7), random(2, 6, 4, 4).requires_grad_(), random(3, 2, 6, 8)
    (expected,) = torch.autograd.grad(0.5 * (apply_filter(feat, weights) - label).square().sum(), weights)
    torch.testing.assert_close(filter_gradient(feat, weights, label), expected)
    (expected,) = torch.autograd.grad(0.5 * apply_filter(feat, weights).square().sum(), weights)
    torch.testing.assert_close(filter_gradient(feat, weights), expected)


def test_gradients_of_gradients_flow_to_features_and_filters() -> None:
    feat, weights = random(2, 2, 3, 3, 4).requires_grad_(), random(2, 3, 4, 4).requires_grad_()
    assert torch.autograd.gradcheck(apply_filter, (feat, weights))
    assert torch.autograd.gradcheck(lambda x, f: filter_gradient(x, f), (feat, weights))
    assert torch.autograd.gradgradcheck(apply_filter, (feat, weights))


def test_features_may_lie_in_memory_with_channels_last() -> None:
    feat, weights = torch.randn(6, 8, 5, 7), torch.randn(2, 8, 4, 4)
    last = feat.to(memory_format=torch.channels_last).unflatten(0, (3, 2))
    torch.testing.assert_close(apply_filter(last, weights), apply_filter(feat.unflatten(0, (3, 2)), weights))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_half(dtype: torch.dtype) -> None:
    feat, weights = torch.randn(2, 1, 8, 5, 7, dtype=dtype), torch.randn(1, 8, 4, 4, dtype=dtype)
    scores = apply_filter(feat, weights)
    assert scores.dtype == dtype and apply_feat_transpose(feat, scores, 4).dtype == dtype
    torch.testing.assert_close(scores.float(), apply_filter(feat.float(), weights.float()), rtol=0.05, atol=0.2)


@pytest.mark.parametrize("shape", [(3, 6, 4, 4), (2, 5, 4, 4), (2, 3, 3, 4, 4), (2, 4, 4, 4, 4)])
def test_filters_that_do_not_fit_are_refused(shape) -> None:
    with pytest.raises(InputError, match=r"apply_filter: got features \(1, 2, 6, 5, 7\) and filters"):
        apply_filter(random(1, 2, 6, 5, 7), random(*shape))
    with pytest.raises(InputError, match="groups: got 2, allowed: 1"):
        apply_feat_transpose(random(1, 2, 6, 5, 7), random(1, 2, 6, 8), 4, groups=2)
