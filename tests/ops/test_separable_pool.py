"""How the work is cut up must not show in the result, and the cuts must bound the memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from siou_tracking.ops import prroi_pool2d, prroi_pool2d_grouped
from siou_tracking.ops.separable_pool import MAX_SLAB_ELEMENTS, BoxRun, plan_slabs


def random_boxes(*shape: int) -> torch.Tensor:
    corner = torch.rand(*shape, 2, dtype=torch.float64) * 14 - 2
    return torch.cat([corner, corner + torch.rand(*shape, 2, dtype=torch.float64) * 8], dim=-1)


def pooled_with_gradients(features: torch.Tensor, boxes: torch.Tensor, **options: int) -> list[torch.Tensor]:
    features, boxes = features.clone().requires_grad_(), boxes.clone().requires_grad_()
    pooled = prroi_pool2d_grouped(features, boxes, 3, 2, 1.0, **options)
    weight = torch.linspace(-1, 1, pooled.numel(), dtype=pooled.dtype).view(pooled.shape)
    (pooled * weight).sum().backward()
    return [pooled.detach(), features.grad, boxes.grad]


@pytest.mark.parametrize("limit", [1, 200, 1000, 5000])
def test_small_slabs_give_the_result_of_one_slab(limit: int) -> None:
    features, boxes = torch.randn(3, 4, 11, 13, dtype=torch.float64), random_boxes(3, 17)
    for whole, cut in zip(
        pooled_with_gradients(features, boxes, max_slab_elements=10**9),
        pooled_with_gradients(features, boxes, max_slab_elements=limit),
        strict=True,
    ):
        torch.testing.assert_close(cut, whole)


def test_rois_in_any_order_equal_the_grouped_form() -> None:
    features, boxes = torch.randn(4, 3, 11, 13, dtype=torch.float64), random_boxes(4, 5)
    index = torch.arange(4, dtype=torch.float64).repeat_interleave(5).unsqueeze(1)
    rois = torch.cat([index, boxes.view(-1, 4)], dim=1)
    expected = prroi_pool2d_grouped(features, boxes, 3, 2, 1.0).flatten(0, 1)
    torch.testing.assert_close(prroi_pool2d(features, rois, 3, 2, 1.0), expected)
    order = torch.randperm(20)
    torch.testing.assert_close(prroi_pool2d(features, rois[order], 3, 2, 1.0), expected[order])


def test_uneven_shares_and_images_without_boxes_pool_each_box_from_its_image() -> None:
    features, boxes = torch.randn(5, 3, 11, 13, dtype=torch.float64), random_boxes(9)
    index = torch.tensor([3, 0, 3, 3, 1, 3, 0, 3, 3])
    rois = torch.cat([index.double().unsqueeze(1), boxes], dim=1).requires_grad_()
    pooled = prroi_pool2d(features, rois, 2, 2, 1.0)
    for row, image in enumerate(index.tolist()):
        alone = prroi_pool2d_grouped(features[image : image + 1], boxes[row].view(1, 1, 4), 2, 2, 1.0)
        torch.testing.assert_close(pooled[row], alone[0, 0])
    gradient = torch.autograd.grad(pooled[4].sum(), rois)[0]
    assert gradient[4, 1:].abs().min() > 0 and gradient[[0, 1, 2, 3, 5, 6, 7, 8]].abs().max() == 0


def test_no_boxes_give_an_empty_result_with_a_gradient() -> None:
    features = torch.randn(2, 3, 5, 5, requires_grad=True)
    pooled = prroi_pool2d(features, torch.zeros(0, 5), 2, 2, 1.0)
    pooled.sum().backward()
    assert pooled.shape == (0, 3, 2, 2) and features.grad.abs().max() == 0
    assert prroi_pool2d_grouped(features, torch.zeros(2, 0, 4), 2, 2, 1.0).shape == (2, 0, 3, 2, 2)


def test_channels_last_features_keep_their_layout_in_the_gradient() -> None:
    features, boxes = torch.randn(2, 4, 11, 13, dtype=torch.float64), random_boxes(2, 3)
    plain = pooled_with_gradients(features, boxes)
    other = pooled_with_gradients(features.to(memory_format=torch.channels_last), boxes)
    for a, b in zip(plain, other, strict=True):
        torch.testing.assert_close(a, b)
    assert other[1].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("kind", ["cpu", "other"])
@pytest.mark.parametrize(("images", "per_image"), [(64, 16), (1, 1024), (1024, 1), (3, 7)])
def test_slabs_cover_every_box_once_and_stay_within_the_bound(kind: str, images: int, per_image: int) -> None:
    boxes, box_elements, size = images * per_image, 5 * 256, (36, 36)
    windows = np.tile(np.array([0, 36, 0, 36]), (boxes, 1)) if kind == "cpu" else None
    limit = MAX_SLAB_ELEMENTS[kind]
    slabs = plan_slabs([BoxRun(0, images, 0, per_image)], windows, size, box_elements, limit)
    covered = [index for slab in slabs for index in range(slab.boxes.start, slab.boxes.stop)]
    assert covered == list(range(boxes))
    assert max(slab.boxes.stop - slab.boxes.start for slab in slabs) * box_elements * size[1] <= limit
    for slab in slabs:
        assert slab.images.start == slab.boxes.start // per_image
        assert slab.images.stop == (slab.boxes.stop - 1) // per_image + 1


PEAK_OF_1024_BOXES = """
import re, pathlib, torch
from siou_tracking.ops import prroi_pool2d_grouped
# The high-water mark of this program alone; ru_maxrss would count the parent's before the start.
peak = lambda: int(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
torch.manual_seed(0)
features = torch.randn(64, 256, 36, 36)
corner = torch.rand(64, 16, 2) * 200
boxes = torch.cat([corner, corner + 20 + torch.rand(64, 16, 2) * 68], dim=-1)
for part in (boxes[:, :1], boxes):  # the first round only warms the process up
    before = peak()
    pooled = prroi_pool2d_grouped(features, part, 5, 5, 1 / 8)
    if pooled.requires_grad:
        pooled.sum().backward()
    features.requires_grad_(), boxes.requires_grad_()
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's record of the peak resident size")
def test_peak_memory_of_1024_boxes_stays_near_the_gradients_and_outputs() -> None:
    command = [sys.executable, "-c", PEAK_OF_1024_BOXES]
    growth = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    gradient, pooled = 64 * 256 * 36 * 36 / 2**18, 1024 * 256 * 25 / 2**18  # MiB of float32
    assert gradient < growth < gradient + 3 * pooled + 32
