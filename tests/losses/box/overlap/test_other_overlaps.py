"""SCYLLA-IoU, Shape-IoU, MPDIoU, Wise-IoU and Powerful-IoU against the papers' formulas, step by step, and by hand."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, build_box_similarity
from siou_tracking.losses.box.overlap.wiou import WIoUv3Loss
from tests.losses.box.pairs import Measured, cost, costs, measured, random_pairs


def siou_angle(m: Measured) -> float:
    sine = min(abs(m.dx), abs(m.dy)) / math.sqrt(m.rho2)
    angle = 1 - 2 * math.sin(math.asin(sine) - math.pi / 4) ** 2
    gamma = 2 - angle
    distance = sum(1 - math.exp(-gamma * share**2) for share in (m.dx / m.cw, m.dy / m.ch))
    shape = sum((1 - math.exp(-abs(a - b) / max(a, b))) ** 4 for a, b in ((m.w, m.wg), (m.h, m.hg)))
    return 1 - m.iou + (distance + shape) / 2


def shape_iou(m: Measured, s: float) -> float:
    ww, hh = (2 * side**s / (m.wg**s + m.hg**s) for side in (m.wg, m.hg))
    omegas = hh * abs(m.w - m.wg) / max(m.w, m.wg), ww * abs(m.h - m.hg) / max(m.h, m.hg)
    distance = hh * m.dx**2 / m.c2 + ww * m.dy**2 / m.c2
    return 1 - m.iou + distance + 0.5 * sum((1 - math.exp(-omega)) ** 4 for omega in omegas)


def powerful(m: Measured) -> tuple[float, float]:
    """P and the first version."""
    edges = [m.dx - (m.w - m.wg) / 2, m.dx + (m.w - m.wg) / 2, m.dy - (m.h - m.hg) / 2, m.dy + (m.h - m.hg) / 2]
    p = (abs(edges[0]) / m.wg + abs(edges[1]) / m.wg + abs(edges[2]) / m.hg + abs(edges[3]) / m.hg) / 4
    return p, 1 - m.iou + 1 - math.exp(-(p**2))


def piou_v2(m: Measured) -> float:
    p, first = powerful(m)
    q = 1.3 * math.exp(-p)
    return 3 * q * math.exp(-(q**2)) * first


PAPERS = [
    ("siou_angle", {}, siou_angle),
    ("shape_iou", {}, lambda m: shape_iou(m, 0)),
    ("shape_iou", {"scale": 0.7}, lambda m: shape_iou(m, 0.7)),
    ("wiou", {}, lambda m: math.exp(m.rho2 / m.c2) * (1 - m.iou)),
    ("piou_v1", {}, lambda m: powerful(m)[1]),
    ("piou", {}, piou_v2),
]


@pytest.mark.parametrize(("name", "params", "formula"), PAPERS)
def test_value_is_the_papers(name: str, params: dict, formula) -> None:
    pred, target = random_pairs()
    expected = [formula(measured(*pair)) for pair in zip(pred, target, strict=True)]
    torch.testing.assert_close(costs(name, pred, target, **params).tolist(), expected)


def test_mpdiou_is_the_papers() -> None:
    pred, target = random_pairs()
    corners = (pred - target).square().sum(1) / (2 * 7.0**2)
    iou = torch.tensor([measured(*pair).iou for pair in zip(pred, target, strict=True)], dtype=torch.float64)
    torch.testing.assert_close(costs("mpdiou", pred, target, image_size=7.0), 1 - iou + corners)
    # By hand: IoU 1/3, both corners (2, 0) off, in a picture of 10 x 10.
    assert cost("mpdiou", (2, 0, 6, 4), (0, 0, 4, 4), image_size=10) == pytest.approx(2 / 3 + 8 / 200)


def test_siou_angle_rises_with_the_distance_which_a_widespread_option_of_reversed_sign_does_not() -> None:
    values = [cost("siou_angle", (dx, 0, dx + 4, 4), (0, 0, 4, 4)) for dx in (0, 1, 2, 4, 8)]
    assert values == pytest.approx([0, 0.438, 0.766, 1.197, 1.294], abs=5e-4)


def test_siou_angle_by_hand_on_the_diagonal_and_at_one_center() -> None:
    # Centers (1, 1) apart: 45 degrees, so gamma 1; hull 3 x 3; IoU 1/7; equal sizes.
    assert cost("siou_angle", (1, 1, 3, 3), (0, 0, 2, 2)) == pytest.approx(6 / 7 + 1 - math.exp(-1 / 9))
    # One center, half the size: IoU 1/4, both omegas 1/2.
    assert cost("siou_angle", (1, 1, 3, 3), (0, 0, 4, 4)) == pytest.approx(0.75 + (1 - math.exp(-0.5)) ** 4)
    pred = torch.tensor([[0.0, 0, 4, 4], [1, 1, 3, 3]], requires_grad=True)  # copies give NaN at equal centers
    costs("siou_angle", pred, torch.tensor([0.0, 0, 4, 4])).sum().backward()
    assert pred.grad.isfinite().all()


def test_shape_iou_weighs_a_distance_along_the_short_side_of_the_target_more() -> None:
    wide = (0, 0, 8, 2)
    along, across = (1, 0, 9, 2), (0, 0.25, 8, 2.25)  # one eighth of the side each: the same IoU
    assert cost("shape_iou", along, wide) > cost("iou", along, wide)

    def extra(box: tuple[float, ...], scale: float) -> float:
        return cost("shape_iou", box, wide, scale=scale) - cost("iou", box, wide)

    assert extra(across, 1) / extra(across, 0) == pytest.approx(2 * 8 / 10)
    assert extra(along, 1) / extra(along, 0) == pytest.approx(2 * 2 / 10)


def test_powerful_iou_has_the_known_values() -> None:
    # Public copies have these to 1e-8; they add 1e-7 to the union.
    assert cost("piou", (0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1.369827818555939, abs=1e-7)
    assert cost("piou", (2.5, 0, 4.5, 2), (0, 0, 2, 2)) == pytest.approx(1.7022689770841237, abs=1e-7)
    assert cost("piou_v1", (0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(6 / 7 + 1 - math.exp(-0.25))


def test_powerful_iou_nearly_vanishes_far_away_so_it_has_no_score() -> None:
    assert cost("piou", (100, 0, 102, 2), (0, 0, 2, 2)) < 1e-9
    with pytest.raises(InputError, match="piou: as a score: it falls again far from the target"):
        build_box_similarity("piou")


def test_wise_iou_holds_the_hull_constant_in_the_gradient() -> None:
    pred, target = random_pairs(12)
    hull2 = torch.tensor([measured(*pair).c2 for pair in zip(pred, target, strict=True)], dtype=torch.float64)

    def frozen(boxes: torch.Tensor) -> torch.Tensor:
        offset = (boxes[:, :2] + boxes[:, 2:] - target[:, :2] - target[:, 2:]) / 2
        return torch.exp(offset.square().sum(1) / hull2) * costs("iou", boxes, target)

    step = 1e-6 * torch.eye(4, dtype=torch.float64)
    expected = torch.stack([(frozen(pred + h) - frozen(pred - h)) / 2e-6 for h in step], dim=1)
    pred.requires_grad_()
    costs("wiou", pred, target).sum().backward()
    torch.testing.assert_close(pred.grad, expected, rtol=1e-6, atol=1e-8)


def test_third_wise_iou_is_the_first_times_a_constant_by_the_running_mean() -> None:
    pred, target = random_pairs(30)
    loss = build_box_loss("wiou_v3", reduction="none")
    slopes = []
    for function in (loss, build_box_loss("wiou", reduction="none")):
        boxes = pred.clone().requires_grad_()
        values = function(boxes, target)
        values.sum().backward()
        slopes.append((values.detach(), boxes.grad))
    cost_of = costs("iou", pred, target)
    outlier = cost_of / cost_of.mean()  # the first call is measured against its own mean
    focus = outlier / (2.7 * 1.7 ** (outlier - 2.7))
    torch.testing.assert_close(slopes[0][0], focus * slopes[1][0])
    torch.testing.assert_close(slopes[0][1], focus[:, None] * slopes[1][1])
    # A box of outlier degree delta has weight 1.
    assert 2.7 / (2.7 * 1.7 ** (2.7 - 2.7)) == 1


def test_running_mean_forgets_by_momentum_and_rests_in_evaluation() -> None:
    loss = WIoUv3Loss(momentum=0.25, reduction="none")
    far, half = torch.tensor([[9.0, 9, 10, 10]]), torch.tensor([[0.0, 0, 1, 0.5]])
    target = torch.tensor([[0.0, 0, 1, 1]])

    def outlier_of_half() -> float:
        """From the value, by the formula: 0.5 exp(share) b / (2.7 1.7^(b - 2.7))."""
        value = loss(half, target).item() / (0.5 * math.exp(0.0625 / 2))
        grid = torch.linspace(0, 1.5, 150_001, dtype=torch.float64)
        return grid[(grid / (2.7 * 1.7 ** (grid - 2.7)) - value).abs().argmin()].item()

    loss.eval()
    assert outlier_of_half() == pytest.approx(0.5, abs=1e-3)  # before any training the mean is 1
    loss.train()
    loss(far, target)
    loss(half, target)
    loss.eval()
    mean = (0.75 * 0.25 * 1 + 0.25 * 0.5) / (0.75 * 0.25 + 0.25)
    for _ in range(2):
        assert outlier_of_half() == pytest.approx(0.5 / mean, abs=1e-3)
    loss.train()
    with torch.no_grad():  # a statistic on the side
        assert outlier_of_half() == pytest.approx(0.5 / mean, abs=1e-3)


def test_running_mean_leaves_out_nan_and_empty_calls_and_is_no_entry_of_a_checkpoint() -> None:
    loss = WIoUv3Loss(reduction="none")
    target = torch.tensor([[0.0, 0, 1, 1]])
    loss(torch.tensor([[float("nan"), 0, 1, 1]]), target)
    loss(torch.zeros(0, 4), torch.zeros(0, 4))
    assert loss(target + 0.5, target).isfinite().all()
    assert loss.state_dict() == {}


@pytest.mark.slow
def test_running_mean_is_kept_by_a_compiled_loss() -> None:
    torch.compiler.reset()
    results = []
    for wrap in (lambda loss: loss, lambda loss: torch.compile(loss, fullgraph=True)):
        loss = wrap(WIoUv3Loss(momentum=0.5))
        pairs = [[boxes.float() for boxes in random_pairs(16, seed)] for seed in (0, 1)]
        results.append([loss(pred.requires_grad_(), target).item() for pred, target in pairs])
    assert results[0] == pytest.approx(results[1], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("wiou_v3", {"alpha": 0.9}, "wiou_v3: alpha: got 0.9, allowed is a finite number from 1 up"),
        ("wiou_v3", {"momentum": 2}, "momentum: got 2, allowed is a finite number above 0, 1 at most"),
        ("shape_iou", {"scale": -1.0}, "shape_iou: scale: got -1.0, allowed is a finite number from 0 up"),
        ("mpdiou", {"image_size": 0}, "mpdiou: image_size: got 0, allowed is a finite number above 0"),
        ("piou", {"attention": "much"}, "piou: attention: got 'much', allowed is a finite number above 0"),
        ("piou", {"attention": True}, "piou: attention: got True"),
    ],
)
def test_values_that_make_no_sense_are_named(name: str, params: dict, told: str) -> None:
    with pytest.raises(InputError, match=f"^{told}" if told.startswith(name) else told):
        build_box_loss(name, **params)
