"""The theorems that make Smooth-IoU what it is, each against closed forms, dense searches or finite differences."""

from __future__ import annotations

import itertools
import math
from timeit import repeat as timed

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from siou_tracking.boxes import convert, elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses import SmoothIoULoss, build_box_loss, smooth_iou, smooth_iou_loss
from siou_tracking.losses.box.base import SIZE_SHARE
from siou_tracking.losses.box.smooth_iou import DIVERGENCES, smooth_iou_formula
from tests.contracts.test_box_losses import DEGENERATE, FAR, table

property_test = settings(deadline=None, derandomize=True, max_examples=80)
sizes = st.floats(-7, 7).map(math.exp)
offsets = st.floats(-1e4, 1e4)
sharpnesses = st.sampled_from([0.5, 4.0, 32.0, 256.0])

SITUATIONS = {
    "equal": (0, 0, 4, 2),
    "touching edges": (4, 0, 4, 2),
    "corner contact": (4, 2, 4, 2),
    "inside": (0.5, 0.2, 1, 1),
    "around": (0.5, 0.2, 9, 7),
    "same center": (0, 0, 3, 5),
    "disjoint": (30, -40, 5, 1),
}
TARGET = (0, 0, 4, 2)


def boxes(*rows: tuple[float, ...], grad: bool = False) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64, requires_grad=grad)


def cx_loss(pred: torch.Tensor, target: torch.Tensor, sharpness: float = 32.0, divergence: str = "bhattacharyya"):
    return smooth_iou_loss(pred, target, "cxcywh", sharpness, divergence)


def bhattacharyya_by_integration(pred: tuple[float, ...], target: tuple[float, ...]) -> float:
    """-ln of the integral of the root of the product of the two Gaussians, axis by axis."""
    total = 0.0
    for axis in range(2):
        x = torch.linspace(-60, 60, 400_001, dtype=torch.float64)
        first, second = (
            torch.exp(-0.5 * ((x - box[axis]) / (box[axis + 2] / 2)) ** 2)
            / (box[axis + 2] / 2 * math.sqrt(2 * math.pi))
            for box in (pred, target)
        )
        total -= math.log(torch.trapezoid((first * second).sqrt(), x).item())
    return total


@pytest.mark.parametrize("pred", [(1.5, -0.7, 3, 5), (4, 2, 4, 2), (0, 0, 8, 1)])
def test_bhattacharyya_is_the_distance_of_the_two_gaussians(pred: tuple[float, ...]) -> None:
    distance = bhattacharyya_by_integration(pred, TARGET)
    loss = cx_loss(boxes(pred), boxes(TARGET), 7.0)
    assert loss.item() == pytest.approx(math.log(1 + 7 * distance), rel=1e-8)


@pytest.mark.parametrize("pred", [(1.5, -0.7, 3, 5), (4, 2, 4, 2), (0, 0, 8, 1)])
def test_kl_is_the_divergence_of_target_from_prediction(pred: tuple[float, ...]) -> None:
    p, t = (
        torch.distributions.Normal(
            *(torch.tensor(part, dtype=torch.float64) for part in (box[:2], [s / 2 for s in box[2:]]))
        )
        for box in (pred, TARGET)
    )
    distance = torch.distributions.kl_divergence(t, p).sum()
    loss = cx_loss(boxes(pred), boxes(TARGET), 7.0, "kl")
    torch.testing.assert_close(loss[0], torch.log1p(7 * distance))


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_first_and_second_derivatives_equal_finite_differences(situation: str, divergence: str) -> None:
    pred, target = boxes(SITUATIONS[situation], grad=True), boxes(TARGET, grad=True)
    for fmt in ("cxcywh", "xyxy"):
        pair = [convert(box.detach(), "cxcywh", fmt).requires_grad_() for box in (pred, target)]
        loss = SmoothIoULoss(fmt, divergence=divergence, reduction="none")
        assert torch.autograd.gradcheck(loss, pair)
        assert torch.autograd.gradgradcheck(loss, pair)


def test_the_optimum_is_zero_and_flat_with_the_stated_hessian() -> None:
    target = boxes((3, -2, 4, 2.5))[0]
    for sharpness in (4.0, 32.0):
        pred = target.clone().requires_grad_()
        loss = cx_loss(pred, target, sharpness)
        assert loss.item() == 0
        assert torch.autograd.grad(loss, pred)[0].abs().max() == 0
        hessian = torch.autograd.functional.hessian(lambda p, s=sharpness: cx_loss(p, target, s), target)
        tx, ty = target[2:].tolist()
        expected = sharpness * torch.tensor([tx**-2, ty**-2, tx**-2 / 2, ty**-2 / 2], dtype=torch.float64).diag()
        torch.testing.assert_close(hessian, expected)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_descent_from_anywhere_ends_at_the_target(divergence: str) -> None:
    target = boxes(TARGET).expand(64, 4)
    scale = torch.tensor([4.0, 2, 1, 1], dtype=torch.float64)
    free = (torch.randn(64, 4, dtype=torch.float64) * torch.tensor([5.0, 5, 1, 1])).requires_grad_()
    optimizer = torch.optim.Adam([free], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 500)
    for _ in range(500):
        optimizer.zero_grad()
        pred = torch.cat((free[:, :2] * scale[:2], free[:, 2:].exp() * scale[:2]), dim=1)
        cx_loss(pred, target, divergence=divergence).sum().backward()
        optimizer.step()
        schedule.step()
    torch.testing.assert_close(pred.detach(), target, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_the_gradient_never_vanishes_however_far(divergence: str, dtype: torch.dtype) -> None:
    count = 20_000
    reach = 10 ** (5 * torch.rand(count, 1, dtype=dtype) - 1)
    pred = torch.cat(
        (reach * torch.randn(count, 2, dtype=dtype), torch.exp(2 * torch.randn(count, 2, dtype=dtype))), dim=1
    )
    pred.requires_grad_()
    target = torch.tensor([0.0, 0, 1, 1], dtype=dtype).expand(count, 4)
    cx_loss(pred, target, divergence=divergence).sum().backward()
    reach = (pred[:, :2].norm(dim=1, keepdim=True).expand(-1, 2), pred[:, 2:].clamp_min(SIZE_SHARE))
    scaled = pred.grad * torch.cat(reach, dim=1)
    assert pred.grad.isfinite().all()
    # Moving or scaling the box by its own distance or size changes the loss by something to be seen at any distance.
    assert scaled.norm(dim=1).min() > 0.05


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize(("offset", "target"), [(0.0, 2.0), (0.3, 2.0), (1.0, 1.0), (5.0, 0.7), (40.0, 1.0)])
def test_the_best_width_at_a_given_offset_has_a_closed_form(divergence: str, offset: float, target: float) -> None:
    if divergence == "kl":
        expected = math.sqrt(target**2 + 4 * offset**2)
    else:
        expected = math.sqrt(2 * offset**2 + math.sqrt(4 * offset**4 + target**4))
    width = expected * torch.exp(torch.linspace(-3, 3, 60_001, dtype=torch.float64))
    pred = torch.stack((torch.full_like(width, offset), torch.zeros_like(width), width, torch.ones_like(width)), dim=1)
    loss = cx_loss(pred, boxes((0, 0, target, 1)).expand_as(pred), divergence=divergence)
    assert width[loss.argmin()].item() == pytest.approx(expected, rel=2e-4)
    falls, rises = loss[: loss.argmin()].diff(), loss[loss.argmin() :].diff()
    assert (falls < 0).all()
    assert (rises > 0).all()


@property_test
@given(dx=offsets, dy=offsets, w=sizes, h=sizes, tw=sizes, th=sizes, scale=sizes, sharpness=sharpnesses)
def test_value_is_invariant_to_translation_and_scale_and_symmetric(dx, dy, w, h, tw, th, scale, sharpness) -> None:
    pred, target = boxes((dx, dy, w, h)), boxes((0, 0, tw, th))
    expected = cx_loss(pred, target, sharpness)
    shift = boxes((12.5, -3, 0, 0))
    torch.testing.assert_close(cx_loss(pred + shift, target + shift, sharpness), expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(cx_loss(scale * pred, scale * target, sharpness), expected)
    torch.testing.assert_close(cx_loss(pred[:, [1, 0, 3, 2]], target[:, [1, 0, 3, 2]], sharpness), expected)
    if max(w / tw, tw / w, h / th, th / h) * SIZE_SHARE <= 1:
        torch.testing.assert_close(cx_loss(target, pred, sharpness), expected)


@property_test
@given(dx=offsets, dy=offsets, w=sizes, h=sizes, sharpness=sharpnesses)
def test_similarity_is_in_the_unit_interval_and_slopes_in_log_size_are_bounded(dx, dy, w, h, sharpness) -> None:
    pred, target = boxes((dx, dy, w, h), grad=True), boxes((0, 0, 1, 1))
    loss = cx_loss(pred, target, sharpness)
    loss.backward()
    assert 0 < smooth_iou(pred, target, "cxcywh", sharpness).item() <= 1
    assert (pred.grad * pred)[:, 2:].abs().max() <= 2 + math.sqrt(sharpness) / 2 + 1e-9


@pytest.mark.parametrize("sharpness", [0.1, 4.0, 32.0, 256.0, 1000.0])
def test_the_bound_on_slopes_holds_in_a_dense_search(sharpness: float) -> None:
    log_size = torch.linspace(-9, 9, 721, dtype=torch.float64)
    offset = torch.cat((torch.zeros(1, dtype=torch.float64), torch.logspace(-4, 4, 300, dtype=torch.float64)))
    width, shift = (grid.flatten() for grid in torch.meshgrid(log_size.exp(), offset, indexing="ij"))
    ones, zeros = torch.ones_like(width), torch.zeros_like(width)
    pred = torch.stack((shift, zeros, width, ones), dim=1).requires_grad_()
    cx_loss(pred, torch.stack((zeros, zeros, ones, ones), dim=1), sharpness).sum().backward()
    steepest = (pred.grad[:, 2] * width).abs().max().item()
    assert 0.5 < steepest <= 2 + math.sqrt(sharpness) / 2


def test_ranks_tracker_proposals_as_iou_does() -> None:
    generator = torch.Generator().manual_seed(1)
    target = torch.tensor([120.0, 90, 60, 40])
    spread = torch.tensor([0.01, 0.05, 0.1, 0.2, 0.3])[torch.randint(5, (4000, 1), generator=generator)]
    noise = spread * torch.randn(4000, 4, generator=generator) * (target[2] * target[3]).sqrt()
    proposals = target + noise
    proposals[:, 2:] = proposals[:, 2:].clamp_min(2)
    iou = elementwise_iou(proposals, target, "cxcywh")
    kept = iou > 0.1
    ours = smooth_iou(proposals, target, "cxcywh")
    ranks = torch.stack([values[kept].argsort().argsort().double() for values in (iou, ours)])
    assert torch.corrcoef(ranks)[0, 1] >= 0.98


def best_iou_half_sizes(u: float, v: float, a: float, b: float) -> tuple[float, float]:
    """Half sizes with the largest IoU for a box whose center is off by u and v target half sizes."""
    gap = 1 / v - 1 / u
    if abs(gap) < 1:
        return a * (1 + u), b * (1 + v)
    return (a * (1 + u), b * (1 - v)) if gap > 0 else (a * (1 - u), b * (1 + v))


def test_closed_form_of_the_best_iou_beats_a_dense_grid() -> None:
    generator = torch.Generator().manual_seed(2)
    a, b = 3.0, 1.25
    for u, v in (0.05 + 2.2 * torch.rand(60, 2, generator=generator, dtype=torch.float64)).tolist():
        half = best_iou_half_sizes(u, v, a, b)
        grid = torch.cartesian_prod(
            torch.linspace(0.02, 2 * a * (1 + u), 200, dtype=torch.float64),
            torch.linspace(0.02, 2 * b * (1 + v), 200, dtype=torch.float64),
        )
        sizes_tried = torch.cat((2 * grid, 2 * boxes(half)))
        center = boxes((u * a, v * b)).expand(len(sizes_tried), 2)
        iou = elementwise_iou(torch.cat((center, sizes_tried), dim=1), boxes((0, 0, 2 * a, 2 * b)), "cxcywh")
        assert iou[-1] >= iou.max() - 1e-12, (u, v)


def test_iou_leaves_the_height_open_at_some_offsets_and_smooth_iou_does_not() -> None:
    a, b, u = 3.0, 1.25, 0.8
    v = 1 / (1 + 1 / u)
    height = 2 * torch.linspace(b * (1 - v), b * (1 + v), 500, dtype=torch.float64)
    row = torch.ones_like(height)
    pred = torch.stack((u * a * row, v * b * row, 2 * a * (1 + u) * row, height), dim=1)
    target = boxes((0, 0, 2 * a, 2 * b)).expand_as(pred)
    iou = elementwise_iou(pred, target, "cxcywh")
    assert iou.max() - iou.min() < 1e-12
    rising = (cx_loss(pred, target).diff() > 0).int()
    assert rising.diff().abs().sum() <= 1
    assert cx_loss(pred, target).max() - cx_loss(pred, target).min() > 0.01


def test_sharpness_sets_the_curvature_and_defaults_to_the_loss_role() -> None:
    pred, target = boxes((1 / 7, 0, 1, 1)), boxes((0, 0, 1, 1))
    assert elementwise_iou(pred, target, "cxcywh").item() == pytest.approx(0.75)
    assert smooth_iou(pred, target, "cxcywh").item() == pytest.approx(0.75, abs=0.01)
    assert SmoothIoULoss().sharpness == 256
    assert build_box_loss("siou").sharpness == 256


def test_similarity_is_exp_of_minus_loss() -> None:
    pred, target = boxes(*SITUATIONS.values()), boxes(TARGET).expand(len(SITUATIONS), 4)
    for divergence in DIVERGENCES:
        loss = cx_loss(pred, target, 5.0, divergence)
        torch.testing.assert_close(smooth_iou(pred, target, "cxcywh", 5.0, divergence), torch.exp(-loss))


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("fmt", ["xyxy", "xywh", "cxcywh", "ltrb"])
def test_fast_path_equals_the_plain_formula_in_every_format(fmt: str, divergence: str) -> None:
    count = 40_000  # more than two blocks of the fast path
    center, size = (
        50 * torch.randn(2, count, 2, dtype=torch.float64),
        torch.exp(torch.randn(2, count, 2, dtype=torch.float64)),
    )
    pair = [convert(b, "cxcywh", fmt).requires_grad_() for b in torch.cat((center, size), dim=-1)]
    fast = smooth_iou_loss(*pair, fmt, 32.0, divergence)
    plain = smooth_iou_formula(*pair, fmt, 32.0, divergence, 1e-7)
    torch.testing.assert_close(fast, plain)
    upstream = torch.rand(count, dtype=torch.float64)
    for ours, expected in zip(*(torch.autograd.grad(loss, pair, upstream) for loss in (fast, plain)), strict=True):
        torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_float32_gradient_is_as_precise_near_the_optimum_as_far_from_it(divergence: str) -> None:
    target = torch.tensor([0.0, 0, 1, 1]).expand(200, 4)
    step = torch.logspace(-5, 3, 200)[:, None]
    pred = target + step * torch.tensor([[0.7, -0.3, 0.4, 0.2]])
    results = []
    for dtype in (torch.float32, torch.float64):
        p = pred.to(dtype, copy=True).requires_grad_()
        cx_loss(p, target.to(dtype), divergence=divergence).sum().backward()
        results.append(p.grad.double())
    error = (results[0] - results[1]).norm(dim=1) / results[1].norm(dim=1)
    assert error.max() < 1e-5


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_torch_func_transforms_see_through_it(divergence: str) -> None:
    pred = boxes((0, 0, 4, 2), (1, 1, 3, 3), (9, 9, 1, 1), grad=True)
    target = boxes((1, 0, 4, 3), (1, 1, 3, 3), (0, 0, 5, 5))
    (expected,) = torch.autograd.grad(cx_loss(pred, target, divergence=divergence).sum(), pred)
    transformed = torch.func.vmap(torch.func.grad(lambda p, t: cx_loss(p, t, divergence=divergence)))
    torch.testing.assert_close(transformed(pred.detach(), target), expected)


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("size", [0.0, -1.0, -500.0])
def test_descent_grows_a_box_that_has_lost_its_size(size: float, divergence: str) -> None:
    for dtype in (torch.float16, torch.float32, torch.float64):
        pred = torch.tensor([[0, 0, size, size]], dtype=dtype, requires_grad=True)
        loss = smooth_iou_loss(pred, torch.tensor([[1, 1, 20, 30]], dtype=dtype), "xywh", divergence=divergence)
        loss.backward()
        assert loss.isfinite()
        assert pred.grad.isfinite().all()
        assert (pred.grad[:, 2:] < 0).all()


# Against the target of size (4, 2), whose hundredths are .04 and .02.
BENT = {
    "a point": (0, 0, 0, 0),
    "no width": (0.4, 0, 0, 2),
    "tiny": (0.3, 0.2, 0.01, 1e-3),
    "reversed": (1, 2, -4, -2),
    "reversed in one axis": (-3, 0.1, -0.2, 5),
    "far and reversed": (90, -70, -30, 0),
}


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("situation", BENT)
def test_boxes_without_size_have_true_first_and_second_derivatives(situation: str, divergence: str) -> None:
    for fmt in ("cxcywh", "xyxy", "ltrb"):
        pair = [convert(boxes(box), "cxcywh", fmt).requires_grad_() for box in (BENT[situation], TARGET)]
        loss = SmoothIoULoss(fmt, divergence=divergence, reduction="none")
        assert torch.autograd.gradcheck(loss, pair)
        assert torch.autograd.gradgradcheck(loss, pair)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_a_far_reversed_box_has_the_plain_formulas_gradient(divergence: str) -> None:
    pair = [boxes((1, 2, -4e4, -7e4), grad=True), boxes((0, 0, 0.2, 0.3), grad=True)]
    fast = smooth_iou_loss(*pair, "cxcywh", 32.0, divergence)
    plain = smooth_iou_formula(*pair, "cxcywh", 32.0, divergence, 1e-7)
    for ours, expected in zip(torch.autograd.grad(fast, pair), torch.autograd.grad(plain, pair), strict=True):
        torch.testing.assert_close(ours, expected, atol=0, rtol=1e-6)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_the_loss_falls_all_the_way_from_a_reversed_box_to_the_best_size_and_has_no_step(divergence: str) -> None:
    for offset in (0.0, 0.4, 6.0):
        best = 2 * offset**2 + math.sqrt(4 * offset**4 + 1) if divergence == "bhattacharyya" else 1 + 4 * offset**2
        size = torch.linspace(-20, 0.999 * math.sqrt(best), 400_001, dtype=torch.float64)
        pred = torch.stack((offset + 0 * size, 0 * size, size, 1 + 0 * size), 1).requires_grad_()
        loss = cx_loss(pred, boxes((0, 0, 1, 1)).expand_as(pred), divergence=divergence)
        loss.sum().backward()
        slope = pred.grad[:, 2]
        assert (loss.diff() < 0).all()
        assert (slope < 0).all()
        # The trapezoid over the slopes gives the loss back only where neither jumps.
        torch.testing.assert_close(torch.trapezoid(slope, size), loss[-1] - loss[0], rtol=1e-5, atol=0)
        knot = boxes(*((offset, 0, SIZE_SHARE * (1 + side), 1) for side in (-1e-9, 1e-9)), grad=True)
        below, above = cx_loss(knot, boxes((0, 0, 1, 1)).expand_as(knot), divergence=divergence)
        assert below.item() == pytest.approx(above.item(), rel=1e-8)
        first, second = torch.autograd.grad(below + above, knot)[0]
        torch.testing.assert_close(first, second, rtol=1e-6, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_both_divergences_are_finite_on_degenerate_boxes(divergence: str, dtype: torch.dtype) -> None:
    far = {} if dtype == torch.float16 else FAR
    for rows, keeps_graph in (({**DEGENERATE, **far}, False), (DEGENERATE, True)):  # the fast path, the plain formula
        pair = [b.requires_grad_() for b in table(rows, dtype)]
        loss = smooth_iou_loss(*pair, divergence=divergence)
        slopes = torch.autograd.grad(loss.sum(), pair, create_graph=keeps_graph)
        assert all(values.isfinite().all() for values in (loss, *slopes))


@pytest.mark.parametrize("scale", [1e-3, 50.0])
def test_a_reversed_box_costs_the_same_at_every_scale(scale: float) -> None:
    pred, target = boxes(*BENT.values()), boxes(TARGET).expand(len(BENT), 4)
    torch.testing.assert_close(cx_loss(scale * pred, scale * target), cx_loss(pred, target))


def test_size_slopes_of_both_divergences_keep_the_documented_bounds() -> None:
    size = torch.cat([sign * torch.logspace(-7, 4, 4001, dtype=torch.float64) for sign in (-1, 1)])
    offset = torch.cat((torch.zeros(1, dtype=torch.float64), torch.logspace(-4, 4, 60, dtype=torch.float64)))
    s, d = (grid.flatten() for grid in torch.meshgrid(size, offset, indexing="ij"))
    for divergence, sharpness in itertools.product(DIVERGENCES, (0.1, 4.0, 32.0, 1000.0)):
        root = math.sqrt(sharpness)
        by_log, by_offset = (
            (2 + root / 2, root) if divergence == "bhattacharyya" else (2 + root, 2 + math.sqrt(2) * root)
        )
        pred = torch.stack((d, 0 * d, s, 1 + 0 * d), 1).requires_grad_()
        cx_loss(pred, boxes((0, 0, 1, 1)).expand_as(pred), sharpness, divergence).sum().backward()
        assert pred.grad[:, 2].abs().max() <= by_log / SIZE_SHARE
        assert (pred.grad[:, 2] * s).abs().max() <= by_log
        assert pred.grad[:, 0].abs().max() <= by_offset


def test_a_corner_head_trains_without_clipping() -> None:
    torch.manual_seed(0)
    images, targets = draw_rectangles(32 * 150)
    head = CornerHead()
    optimizer = torch.optim.AdamW(head.parameters(), lr=2e-3)
    loss = SmoothIoULoss()
    reversed_boxes = 0
    for batch, target in zip(images.split(32), targets.split(32), strict=True):
        pred = head(batch)
        reversed_boxes += ((pred[:, 2:] - pred[:, :2]) <= 0).any(1).sum().item()
        optimizer.zero_grad()
        loss(pred, target).backward()
        optimizer.step()
    # The head does meet boxes without size, or this would show nothing.
    assert reversed_boxes > 5
    assert elementwise_iou(pred, target).mean() > 0.7


def draw_rectangles(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy pictures `(count, 1, 32, 32)` of one bright rectangle and its box `(count, 4)` in xyxy over [0, 1]."""
    size = 0.12 + 0.3 * torch.rand(count, 2)
    corner = (1 - size) * torch.rand(count, 2)
    box = torch.cat((corner, corner + size), 1)
    grid = (torch.arange(32) + 0.5) / 32
    x, y = ((grid > box[:, k, None]) & (grid < box[:, k + 2, None]) for k in (0, 1))
    return (y[:, :, None] & x[:, None, :]).float()[:, None] + 0.3 * torch.randn(count, 1, 32, 32), box


class CornerHead(nn.Module):
    """Two corners, each the mean place under a softmax over a map: nothing keeps the second beyond the first."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        blocks = [
            layer
            for before, stride in ((1, 2), (channels, 1), (channels, 1))
            for layer in (nn.Conv2d(before, channels, 5, stride, 2), nn.BatchNorm2d(channels), nn.ReLU())
        ]
        self.maps = nn.Sequential(*blocks, nn.Conv2d(channels, 2, 3, 1, 1))
        self.register_buffer("grid", (torch.arange(16) + 0.5) / 16)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        share = self.maps(images).flatten(2).softmax(-1).unflatten(-1, (16, 16))  # [n, 2, y, x]
        x, y = ((share.sum(axis) * self.grid).sum(-1) for axis in (2, 3))
        return torch.stack((x[:, 0], y[:, 0], x[:, 1], y[:, 1]), 1)


def test_offsets_survive_far_from_the_origin() -> None:
    pred, target = torch.tensor([[1e6, 1e6, 1e6 + 10, 1e6 + 20]]), torch.tensor([[1e6 + 2, 1e6, 1e6 + 12, 1e6 + 20]])
    near = smooth_iou_loss(pred - 1e6, target - 1e6)
    assert smooth_iou_loss(pred, target).item() == pytest.approx(near.item(), rel=1e-6)


@pytest.mark.parametrize("sharpness", [0, -1.0, float("nan"), float("inf"), "32", True, None])
def test_sharpness_must_be_a_finite_positive_number(sharpness) -> None:
    with pytest.raises(InputError, match="sharpness: got"):
        SmoothIoULoss(sharpness=sharpness)
    with pytest.raises(InputError, match="sharpness: got"):
        smooth_iou(boxes(TARGET), boxes(TARGET), sharpness=sharpness)


def test_unknown_divergence_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'bhattacharyya'"):
        SmoothIoULoss(divergence="bhatacharya")


def test_module_prints_its_settings() -> None:
    text = repr(SmoothIoULoss("ltrb", sharpness=16))
    assert "ltrb" in text
    assert "sharpness=16" in text


@pytest.mark.slow
def test_fused_gradient_is_much_faster_than_autograd_over_the_formula() -> None:
    pred, target = (convert(b, "cxcywh", "xyxy").requires_grad_() for b in torch.rand(2, 100_000, 4) + 0.5)

    def fused() -> None:
        smooth_iou_loss(pred, target.detach()).mean().backward()

    def plain() -> None:
        smooth_iou_formula(pred, target.detach(), "xyxy", 32.0, "bhattacharyya", 1e-7).mean().backward()

    assert min(timed(plain, number=1, repeat=15)) > 2 * min(timed(fused, number=1, repeat=15))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_function_equals_module(reduction: str) -> None:
    pred, target = torch.rand(2, 12, 4, dtype=torch.float64)
    weights = torch.rand(12, dtype=torch.float64)
    value = smooth_iou_loss(pred, target, "cxcywh", reduction=reduction, weights=weights)
    torch.testing.assert_close(value, SmoothIoULoss("cxcywh", reduction=reduction)(pred, target, weights))
