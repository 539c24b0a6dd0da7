"""The overlap losses against hand arithmetic, an if-and-else reference, and known facts about each."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.boxes import convert, elementwise_iou
from siou_tracking.losses import build_box_loss

UNIT = (0, 0, 2, 2)
ANGLE = 4 / math.pi**2

# prediction, target, then the loss worked out by hand in xyxy.
CASES = [
    # intersection 1 x 2, union 6, hull 3 x 2: nothing uncovered; centers 1 apart, diagonal^2 9 + 4
    (
        (1, 0, 3, 2),
        UNIT,
        {"iou": 2 / 3, "giou": 2 / 3, "diou": 2 / 3 + 1 / 13, "ciou": 2 / 3 + 1 / 13, "eiou": 2 / 3 + 1 / 13},
    ),
    # intersection 1, union 7, hull 9: 2/9 uncovered; centers (1, 1) apart, diagonal^2 18
    ((1, 1, 3, 3), UNIT, {"iou": 6 / 7, "giou": 6 / 7 + 2 / 9, "diou": 6 / 7 + 2 / 18, "ciou": 6 / 7 + 2 / 18}),
    # disjoint: IoU 0, union 8, hull 6 x 2; centers 4 apart, diagonal^2 40
    ((4, 0, 6, 2), UNIT, {"iou": 1, "giou": 1 + 4 / 12, "diou": 1 + 16 / 40, "eiou": 1 + 16 / 40}),
    # inside on the same center: IoU 1/4, the hull is the target; only EIoU sees the size beyond IoU: 2 (1/2)^2
    ((0.5, 0.5, 1.5, 1.5), UNIT, {"iou": 0.75, "giou": 0.75, "diou": 0.75, "ciou": 0.75, "eiou": 0.75 + 0.5}),
    # a cross, 4 x 2 over 2 x 4: IoU 4/12, hull 16, uncovered 4; size differences (2/4)^2 each
    ((-1, 0, 3, 2), (0, -1, 2, 3), {"iou": 2 / 3, "giou": 2 / 3 + 4 / 16, "diou": 2 / 3, "eiou": 2 / 3 + 0.5}),
]
FUNCTIONS = {name: build_box_loss(name, reduction="none") for name in ("iou", "giou", "diou", "ciou", "eiou")}
iou_loss, giou_loss, diou_loss, ciou_loss, eiou_loss = FUNCTIONS.values()


def pair(*boxes: tuple[float, ...]) -> list[torch.Tensor]:
    return [torch.tensor(box, dtype=torch.float64, requires_grad=True) for box in boxes]


@pytest.mark.parametrize(("pred", "target", "expected"), CASES)
def test_values_by_hand(pred: tuple, target: tuple, expected: dict[str, float]) -> None:
    for name, value in expected.items():
        assert FUNCTIONS[name](*pair(pred, target)).item() == pytest.approx(value, abs=1e-12), name


def test_ciou_aspect_term_by_hand() -> None:
    # The cross again: IoU 1/3, aspect angles atan(2) and atan(1/2); alpha = v / (2/3 + v), centers coincide.
    v = ANGLE * (math.atan(2) - math.atan(0.5)) ** 2
    value = ciou_loss(*pair((-1, 0, 3, 2), (0, -1, 2, 3))).item()
    assert value == pytest.approx(2 / 3 + v * v / (2 / 3 + v), abs=1e-12)


def test_ciou_gradient_holds_alpha_constant() -> None:
    target = torch.tensor([0.1, -0.2, 2.0, 1.5], dtype=torch.float64)
    pred = torch.tensor([0.4, 0.1, 3.1, 1.2], dtype=torch.float64)

    def aspect(box: torch.Tensor) -> torch.Tensor:
        angles = [torch.atan((b[2] - b[0]) / (b[3] - b[1])) for b in (target, box)]
        return ANGLE * (angles[0] - angles[1]) ** 2

    alpha = aspect(pred) / (1 - elementwise_iou(pred, target) + aspect(pred))

    def frozen(box: torch.Tensor) -> torch.Tensor:
        return diou_loss(box, target) + alpha * aspect(box)

    expected = torch.stack(
        [(frozen(pred + h) - frozen(pred - h)) / 2e-6 for h in 1e-6 * torch.eye(4, dtype=torch.float64)]
    )
    pred.requires_grad_()
    ciou_loss(pred, target).backward()
    torch.testing.assert_close(pred.grad, expected, rtol=1e-6, atol=1e-8)


def test_iou_loss_is_one_minus_the_iou_of_boxes() -> None:
    center, size = torch.rand(2, 300, 2), 0.2 + torch.rand(2, 300, 2)
    pred, target = convert(torch.cat((center, size), dim=-1), "cxcywh", "xyxy")
    torch.testing.assert_close(iou_loss(pred, target), 1 - elementwise_iou(pred, target))


@pytest.mark.parametrize("distance", [2.5, 20, 2000])
def test_only_iou_is_flat_once_the_boxes_part(distance: float) -> None:
    slopes = {}
    for name, function in FUNCTIONS.items():
        pred, target = pair((distance, distance, distance + 2, distance + 2), UNIT)
        function(pred, target).backward()
        slopes[name] = pred.grad.norm().item()
    assert slopes.pop("iou") == 0
    assert min(slopes.values()) > 0


def test_limits_of_each_loss_far_away() -> None:
    pred, target = pair((1e6, 0, 1e6 + 2, 2), UNIT)
    assert iou_loss(pred, target).item() == 1
    assert giou_loss(pred, target).item() == pytest.approx(2, abs=1e-5)
    for function in (diou_loss, ciou_loss, eiou_loss):
        assert function(pred, target).item() == pytest.approx(2, abs=1e-5)


def test_two_equal_points_cost_nothing_and_two_different_ones_do() -> None:
    for name, function in FUNCTIONS.items():
        assert function(*pair((3, 3, 3, 3), (3, 3, 3, 3))).item() == 0, name
        assert function(*pair((3, 3, 3, 3), (4, 3, 4, 3))).item() >= 1, name


def test_giou_penalty_of_a_contained_box_is_nothing() -> None:
    pred, target = pair((0.3, 0.4, 1.1, 1.9), UNIT)
    torch.testing.assert_close(giou_loss(pred, target), iou_loss(pred, target))
