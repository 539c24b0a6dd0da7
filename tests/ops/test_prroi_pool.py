"""Precise RoI pooling against numerical integration, finite differences and the authors' CUDA kernel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ops import PrRoIPool2D, prroi_pool2d, prroi_pool2d_grouped
from tests.reference_data import reference_file

CASES = {
    "inside": (1.3, 2.2, 5.6, 4.1),
    "on the grid": (1.0, 1.0, 4.0, 3.0),
    "within one cell": (2.2, 2.3, 2.6, 2.9),
    "over the top left corner": (-2.4, -1.6, 2.5, 3.3),
    "over the bottom right corner": (4.2, 3.1, 11.3, 9.4),
    "around the whole map": (-3.0, -3.5, 10.0, 9.0),
    "outside": (9.0, 9.0, 12.0, 14.0),
}


def brute_force(features: np.ndarray, box: tuple[float, ...], bins: tuple[int, int], samples: int = 400) -> np.ndarray:
    """Midpoint-rule mean of the bilinear interpolant over each bin, (C, rows, columns)."""
    height, width = features.shape[1:]

    def weights(start: float, end: float, count: int, length: int) -> np.ndarray:
        middle = start + (end - start) * (np.arange(count * samples) + 0.5) / (count * samples)
        hat = np.maximum(0, 1 - np.abs(middle[:, None] - np.arange(length)))
        return hat.reshape(count, samples, length)

    rows, columns = weights(box[1], box[3], bins[0], height), weights(box[0], box[2], bins[1], width)
    values = np.einsum("isy,cyx,jtx->cisjt", rows, features, columns, optimize=True)
    return values.mean(axis=(2, 4))


@pytest.mark.parametrize("box", CASES.values(), ids=CASES.keys())
def test_each_bin_is_the_mean_of_the_bilinear_interpolant(box: tuple[float, ...]) -> None:
    features = torch.randn(1, 2, 6, 7, dtype=torch.float64)
    roi = torch.tensor([[0.0, *box]], dtype=torch.float64)
    for bins in ((3, 2), (2, 2)):
        pooled = prroi_pool2d(features, roi, *bins, 1.0)[0].numpy()
        np.testing.assert_allclose(pooled, brute_force(features[0].numpy(), box, bins), atol=2e-5)


def test_a_box_around_everything_times_its_area_is_the_sum_of_the_map() -> None:
    features = torch.randn(2, 3, 5, 8, dtype=torch.float64)
    boxes = torch.tensor([-1.0, -1.0, 8.0, 5.0], dtype=torch.float64).expand(2, 1, 4)
    pooled = prroi_pool2d_grouped(features, boxes, 1, 1, 1.0)[:, 0, :, 0, 0]
    torch.testing.assert_close(pooled * 9 * 6, features.sum((2, 3)))


def test_coordinates_are_multiplied_by_the_scale() -> None:
    features = torch.randn(1, 2, 9, 9)
    roi = torch.tensor([[0.0, 1.5, 2.0, 6.5, 7.0]])
    enlarged = roi * torch.tensor([1.0, 16, 16, 16, 16])
    torch.testing.assert_close(prroi_pool2d(features, enlarged, 3, 3, 1 / 16), prroi_pool2d(features, roi, 3, 3, 1.0))


@pytest.mark.parametrize("name", [name for name in CASES if name != "on the grid"])  # kinks: the next test
def test_gradients_match_finite_differences(name: str) -> None:
    features = torch.randn(2, 2, 6, 7, dtype=torch.float64, requires_grad=True)
    boxes = torch.tensor([[CASES[name]], [(0.7, 0.4, 3.8, 4.9)]], dtype=torch.float64, requires_grad=True)
    for bins in ((3, 2), (2, 2)):
        assert torch.autograd.gradcheck(lambda f, b, n=bins: prroi_pool2d_grouped(f, b, *n, 1.1), (features, boxes))


def test_the_box_gradient_has_no_jump_on_the_grid() -> None:
    features = torch.randn(1, 2, 6, 7, dtype=torch.float64)

    def gradient(shift: float) -> torch.Tensor:
        boxes = (torch.tensor([[CASES["on the grid"]]], dtype=torch.float64) + shift).requires_grad_()
        prroi_pool2d_grouped(features, boxes, 3, 3, 1.0).square().sum().backward()
        return boxes.grad

    torch.testing.assert_close(gradient(-1e-9), gradient(1e-9), atol=1e-7, rtol=0)
    torch.testing.assert_close(gradient(0.0), gradient(1e-9), atol=1e-7, rtol=0)


@pytest.mark.parametrize("box", [(2.0, 1.0, 2.0, 4.0), (1.0, 3.0, 4.0, 3.0), (4.0, 1.0, 2.0, 4.0)])
def test_a_box_without_area_gives_zero_and_zero_gradients(box: tuple[float, ...]) -> None:
    features = torch.randn(1, 2, 6, 7, requires_grad=True)
    roi = torch.tensor([[0.0, *box]], requires_grad=True)
    pooled = prroi_pool2d(features, roi, 2, 2, 1.0)
    pooled.sum().backward()
    assert pooled.abs().max() == 0 and features.grad.abs().max() == 0 and roi.grad.abs().max() == 0


def test_tiny_boxes_pool_to_the_interpolated_value_in_single_precision() -> None:
    features = torch.randn(1, 4, 20, 20)
    roi = torch.tensor([[0.0, 13.3, 11.6, 13.3001, 11.6001]])
    x, y = 13.30005, 11.60005
    rows, columns = (max(0.0, 1 - abs(y - 11)), max(0.0, 1 - abs(y - 12))), (1 - abs(x - 13), 1 - abs(x - 14))
    expected = sum(rows[i] * columns[j] * features[0, :, 11 + i, 13 + j] for i in (0, 1) for j in (0, 1))
    torch.testing.assert_close(prroi_pool2d(features, roi, 1, 1, 1.0)[0, :, 0, 0], expected, atol=1e-4, rtol=1e-4)


# The kernel computed in single precision, which is all that ours differ by in double. In single precision ours are
# rounded too, on every CPU otherwise: inputs times 1 + 1e-7 move them by up to 1e-6.
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-7), (torch.float32, 2e-6)])
def test_values_and_gradients_match_the_authors_cuda_kernel(dtype: torch.dtype, atol: float) -> None:
    stored = np.load(reference_file("data/prroi/cuda_kernel_reference.npz"))
    features = torch.tensor(stored["features"], dtype=dtype, requires_grad=True)
    rois = torch.tensor(stored["rois"], dtype=dtype, requires_grad=True)
    height, width = int(stored["pooled_height"]), int(stored["pooled_width"])
    pooled = PrRoIPool2D(height, width, float(stored["spatial_scale"]))(features, rois)
    pooled.sum().backward()
    for got, name in ((pooled.detach(), "real_outputs"), (features.grad, "gradients0"), (rois.grad, "gradients1")):
        np.testing.assert_allclose(got.numpy(), stored[name], atol=atol, rtol=0, err_msg=name)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_a_box_that_is_not_finite_gives_nan_and_leaves_the_others_alone(bad: float, column: int) -> None:
    features = torch.randn(1, 2, 6, 7)
    boxes = torch.tensor([[[1.0, 1.0, 4.0, 5.0], [2.0, 1.0, 5.0, 4.0]]])
    expected = prroi_pool2d_grouped(features, boxes, 2, 2, 1.0)[0, 1]
    boxes[0, 0, column] = bad
    pooled = prroi_pool2d_grouped(features, boxes, 2, 2, 1.0)
    assert pooled[0, 0].isnan().all()
    torch.testing.assert_close(pooled[0, 1], expected)


def test_half_precision_features_are_pooled_in_single_precision() -> None:
    features = torch.randn(1, 3, 9, 9).bfloat16()
    boxes = torch.tensor([[[1.0, 1.0, 7.3, 6.0]]])
    pooled = prroi_pool2d_grouped(features, boxes, 2, 2, 1.0)
    assert pooled.dtype == torch.bfloat16
    assert torch.equal(pooled, prroi_pool2d_grouped(features.float(), boxes, 2, 2, 1.0).bfloat16())


@pytest.mark.parametrize("fault", ["features", "boxes", "low index", "high index", "bins", "batch"])
def test_wrong_input_is_named_in_one_line(fault: str) -> None:
    features, rois = torch.randn(2, 3, 5, 5), torch.tensor([[0.0, 1, 1, 3, 3]])
    calls = {
        "features": (lambda: prroi_pool2d(features[0], rois, 2, 2, 1.0), r"\(3, 5, 5\).*\(B, C, H, W\)"),
        "boxes": (lambda: prroi_pool2d(features, rois[:, 1:], 2, 2, 1.0), r"\(1, 4\).*\(K, 5\)"),
        "low index": (lambda: prroi_pool2d(features, rois - 1, 2, 2, 1.0), r"got -1, allowed: 0 to 1"),
        "high index": (lambda: prroi_pool2d(features, rois + 2, 2, 2, 1.0), r"got 2, allowed: 0 to 1"),
        "bins": (lambda: prroi_pool2d(features, rois, 0, 2, 1.0), r"got 0 x 2"),
        "batch": (lambda: prroi_pool2d_grouped(features, rois[None, :, 1:], 2, 2, 1.0), r"got boxes for 1 images.*2"),
    }
    call, message = calls[fault]
    with pytest.raises(InputError, match=message):
        call()
