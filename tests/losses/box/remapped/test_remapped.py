"""Alpha-IoU, Focaler-IoU and Inner-IoU against the papers' formulas, in every host."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss
from siou_tracking.losses.box.remapped.hosts import PENALTIES
from tests.losses.box.pairs import cost, costs, measured, random_pairs


def ious(pred: torch.Tensor, target: torch.Tensor, ratio: float = 1.0) -> torch.Tensor:
    pairs = zip(pred, target, strict=True)
    return torch.tensor([measured(*pair, ratio).iou for pair in pairs], dtype=torch.float64)


@pytest.mark.parametrize("host", PENALTIES)
def test_focaler_and_inner_are_the_host_with_another_iou(host: str) -> None:
    pred, target = random_pairs()
    base, iou = costs(host, pred, target), ious(pred, target)
    focused = ((iou - 0.1) / 0.4).clamp(0, 1)
    torch.testing.assert_close(costs("focaler_iou", pred, target, low=0.1, high=0.5, host=host), base + iou - focused)
    inner = ious(pred, target, 1.3)
    torch.testing.assert_close(costs("inner_iou", pred, target, ratio=1.3, host=host), base + iou - inner)


@pytest.mark.parametrize("host", PENALTIES)
def test_neutral_parameters_give_the_host(host: str) -> None:
    pred, target = random_pairs()
    neutral = [("inner_iou", {"ratio": 1.0}), ("focaler_iou", {"low": 0.0, "high": 1.0}), ("alpha_iou", {"alpha": 1.0})]
    for name, params in neutral:
        if name != "alpha_iou" or host in ("iou", "giou", "diou", "ciou"):
            torch.testing.assert_close(costs(name, pred, target, **params, host=host), costs(host, pred, target))


def test_alpha_is_the_power_of_every_term() -> None:
    pred, target = random_pairs()
    iou, diou, giou, ciou = ious(pred, target), *(costs(name, pred, target) for name in ("diou", "giou", "ciou"))
    center, empty, aspect = diou - 1 + iou, giou - 1 + iou, ciou - diou
    torch.testing.assert_close(costs("alpha_iou", pred, target), 1 - iou**3)
    torch.testing.assert_close(costs("alpha_iou", pred, target, alpha=2, host="diou"), 1 - iou**2 + center**2)
    torch.testing.assert_close(costs("alpha_iou", pred, target, alpha=2, host="giou"), 1 - iou**2 + empty**2)
    torch.testing.assert_close(
        costs("alpha_iou", pred, target, alpha=2, host="ciou"), 1 - iou**2 + center**2 + aspect**2
    )


def test_values_by_hand() -> None:
    # IoU 1/3; boxes of half the size do not meet; the default interval ends at 0.95.
    pair = (2, 0, 6, 4), (0, 0, 4, 4)
    assert cost("alpha_iou", *pair) == pytest.approx(1 - 1 / 27)
    assert cost("inner_iou", *pair, ratio=0.5) == 1
    assert cost("inner_iou", *pair, ratio=0.5, host="giou") == 1
    assert cost("focaler_iou", *pair) == pytest.approx(1 - 1 / 3 / 0.95)
    assert cost("focaler_iou", (0, 0, 4, 3.9), (0, 0, 4, 4)) == 0


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("alpha_iou", {"alpha": 0.5}, "alpha_iou: alpha: got 0.5, allowed is a finite number from 1 up"),
        ("alpha_iou", {"host": "eiou"}, "alpha_iou: host: got 'eiou', allowed are iou, giou, diou, ciou"),
        ("focaler_iou", {"low": 0.6, "high": 0.5}, "focaler_iou: low, high: got 0.6, 0.5, allowed are"),
        ("focaler_iou", {"high": 1.5}, "allowed are 0 <= low < high <= 1"),
        ("focaler_iou", {"low": "x"}, "got 'x', 0.95"),
        ("inner_iou", {"ratio": -1}, "inner_iou: ratio: got -1, allowed is a finite number above 0"),
        ("inner_iou", {"host": "l1"}, "inner_iou: host: got 'l1', allowed are iou, giou, diou, ciou, eiou, siou_angle"),
    ],
)
def test_values_that_make_no_sense_are_named(name: str, params: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        build_box_loss(name, **params)
