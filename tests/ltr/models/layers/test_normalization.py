"""The length that feature maps are given."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.ltr.models.layers.normalization import InstanceL2Norm
from siou_tracking.ltr.models.layers.transform import InterpCat, interpolate


def test_each_map_has_the_scale_as_its_root_mean_square() -> None:
    x = torch.randn(3, 4, 5, 6) * torch.tensor([1e-1, 1, 1e3]).view(3, 1, 1, 1)
    y = InstanceL2Norm(scale=0.5)(x)
    torch.testing.assert_close(y.square().mean(dim=(1, 2, 3)).sqrt(), torch.full((3,), 0.5), rtol=1e-3, atol=0)
    torch.testing.assert_close(y / y.abs().amax((1, 2, 3), True), x / x.abs().amax((1, 2, 3), True))
    lengths = InstanceL2Norm(size_average=False, scale=2.0)(x).flatten(1).norm(dim=1)
    torch.testing.assert_close(lengths, torch.full((3,), 2.0), rtol=1e-3, atol=0)


def test_a_map_of_zeros_stays_so_with_finite_gradients() -> None:
    x = torch.zeros(1, 2, 3, 3, requires_grad=True)
    y = InstanceL2Norm()(x)
    y.sum().backward()
    assert not y.any() and x.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_does_not_overflow(dtype: torch.dtype) -> None:
    x = torch.full((1, 8, 16, 16), 500.0, dtype=dtype)  # its squares are beyond float16's largest
    y = InstanceL2Norm(scale=0.25)(x)
    assert y.dtype == dtype
    torch.testing.assert_close(y, torch.full_like(x, 0.25), rtol=1e-2, atol=0)


def test_maps_are_joined_at_the_lowest_resolution() -> None:
    low, high = torch.randn(1, 2, 4, 4), torch.randn(1, 3, 8, 8)
    joined = InterpCat()({"high": high, "low": low})
    assert joined.shape == (1, 5, 4, 4)
    torch.testing.assert_close(joined[:, 3:], low)
    torch.testing.assert_close(joined[:, :3], high.unflatten(2, (4, 2)).unflatten(4, (4, 2)).mean(dim=(3, 5)))
    assert interpolate(low, torch.tensor([4, 4])) is low
