"""Pooling of a tracker's boxes without autograd, beside the operator that training uses."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.ops import prroi_pool2d_grouped
from siou_tracking.ops.pool_vjp import prroi_pool_vjp

BOXES = [
    [2.3, 1.1, 7.9, 5.6],
    [3.0, 2.0, 6.0, 6.0],  # edges on samples
    [-4.2, 3.0, 2.5, 30.0],  # mostly outside
    [-9.0, -9.0, -5.0, -4.0],  # outside
    [4.1, 4.2, 4.3, 4.5],  # within one cell
    [5.0, 5.0, 5.0, 8.0],  # no width
    [6.0, 6.0, 2.0, 3.0],  # ends before its start
]


@pytest.mark.parametrize("bins", [1, 3, 5])
@pytest.mark.parametrize("size", [(9, 9), (6, 11)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_pooled_values_and_gradients_equal_the_operator_of_training(
    bins: int, size: tuple[int, int], dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(*size, 4, generator=generator, dtype=dtype)
    grad = torch.randn(len(BOXES), bins, bins, 4, generator=generator, dtype=dtype)
    boxes = torch.tensor(BOXES, dtype=dtype)
    if dtype == torch.float32:
        boxes[4, 2:] += 1  # a gradient within a cell is a difference of near numbers, in both
    boxes.requires_grad_()
    expected = prroi_pool2d_grouped(features.permute(2, 0, 1)[None], boxes[None], bins, bins, 1.0)[0]
    (to_boxes,) = torch.autograd.grad((expected.permute(0, 2, 3, 1) * grad).sum(), boxes)
    pooled, pull = prroi_pool_vjp(features, boxes.detach(), bins)
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == torch.float32 else {"rtol": 1e-9, "atol": 1e-9}
    torch.testing.assert_close(pooled, expected.permute(0, 2, 3, 1).detach(), **tolerance)
    torch.testing.assert_close(pull(grad), to_boxes, **tolerance)


def test_a_box_that_is_not_finite_pools_to_nan_and_leaves_the_others_alone() -> None:
    boxes = torch.tensor([[1.0, 1.0, 4.0, 4.0], [float("nan"), 1.0, 4.0, 4.0]])
    pooled, pull = prroi_pool_vjp(torch.ones(6, 6, 2), boxes, 2)
    assert pooled[0].isfinite().all() and pooled[1].isnan().all()
    assert pull(torch.ones_like(pooled))[0].isfinite().all()
