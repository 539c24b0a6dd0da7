"""Boxes move by step * (2 - IoU) * direction, each on its own."""

from __future__ import annotations

import math

import pytest
import torch

from experiments.box_regression import descent
from experiments.box_regression.descent import (
    OPTIMIZERS,
    SIZES,
    Kernels,
    Setting,
    build_loss,
    compute_iou,
    descend,
    simulate,
)
from experiments.box_regression.protocol import anchor_points, cases
from siou_tracking.boxes import elementwise_iou
from siou_tracking.losses import registered_box_losses
from siou_tracking.losses.box.base import BoxLoss

# Far enough apart that the IoU stays 0 and every step is twice its size.
FAR = torch.tensor([[50.0, -40.0], [30.0, 60.0], [1.0, 2.0], [3.0, 0.5]])
TARGETS = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.5, 1.0], [2.0, 2.0]])


class Bowl(BoxLoss):
    """Half the squared distance of the four numbers, of ln w and ln h where sizes are "log"."""

    def __init__(self, sizes: str = "cxcywh") -> None:
        super().__init__("cxcywh", "none")
        self.sizes = sizes

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        pair = [
            torch.cat((boxes[..., :2], boxes[..., 2:].log()), -1) if self.sizes == "log" else boxes
            for boxes in (pred, target)
        ]
        return (pair[0] - pair[1]).square().sum(-1) / 2


class Hole(Bowl):
    """A bowl without a gradient for the first case."""

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return super().elementwise(pred, target) * torch.tensor([math.nan, 1.0])


def last(
    loss: BoxLoss, setting: Setting, iterations: int, anchors: torch.Tensor = FAR, targets: torch.Tensor = TARGETS
):
    return list(descend(Kernels.of(loss), setting, anchors, targets, iterations))[-1]


def test_a_bowl_is_descended_in_closed_form() -> None:
    boxes, overlap, alive = last(Bowl(), Setting("gd", "cxcywh", 0.01), 10)
    left = (1 - 0.02) ** 8 * (1 - 0.002) * (1 - 0.0002)
    torch.testing.assert_close(boxes - TARGETS, (FAR - TARGETS) * left)
    assert not overlap.any() and alive.all()


def test_a_bowl_in_log_sizes_too() -> None:
    boxes, _, _ = last(Bowl("log"), Setting("gd", "log", 0.01), 10)
    left = (1 - 0.02) ** 8 * (1 - 0.002) * (1 - 0.0002)
    torch.testing.assert_close((boxes / TARGETS)[2:].log(), (FAR / TARGETS)[2:].log() * left)
    torch.testing.assert_close(boxes[:2], FAR[:2] * left)


def test_adam_is_torchs() -> None:
    boxes = FAR.clone().requires_grad_()
    optimizer = torch.optim.Adam([boxes], lr=0.02)
    for share in [1] * 8 + [0.1, 0.01]:
        optimizer.param_groups[0]["lr"] = 0.02 * share
        optimizer.zero_grad()
        Bowl().elementwise(boxes.t(), TARGETS.t()).sum().backward()
        optimizer.step()
    torch.testing.assert_close(last(Bowl(), Setting("adam", "cxcywh", 0.01), 10)[0], boxes.detach())


def test_the_step_shrinks_with_the_overlap() -> None:
    targets = torch.tensor([[0.0], [0.0], [2.0], [1.0]])
    anchors = torch.tensor([[1.0], [0.0], [2.0], [1.0]])  # IoU 1/3
    boxes, _, _ = last(Bowl(), Setting("gd", "cxcywh", 1.0), 1, anchors, targets)
    assert float(boxes[0, 0]) == pytest.approx(1 - 0.01 * (2 - 1 / 3))  # one iteration has the last share


def test_a_step_that_is_not_finite_is_not_taken_and_counted() -> None:
    boxes, overlap, alive = last(Hole(), Setting("gd", "cxcywh", 0.01), 3)
    assert torch.equal(boxes[:, 0], FAR[:, 0]) and not torch.equal(boxes[:, 1], FAR[:, 1])
    assert alive.tolist() == [False, True] and not overlap.any()


def test_a_size_that_overflows_is_not_finite() -> None:
    _, _, alive = last(Bowl(), Setting("gd", "log", 1e4), 5)
    assert not alive.any()


def test_iou_is_the_packages() -> None:
    anchors, targets = cases(anchor_points(20))
    anchors[2, :9] *= -1
    torch.testing.assert_close(compute_iou(anchors, targets), elementwise_iou(anchors.t(), targets.t(), "cxcywh"))


@pytest.mark.parametrize("name", registered_box_losses())
def test_every_loss_runs_in_every_setting(name: str) -> None:
    for optimizer in OPTIMIZERS:
        for sizes in SIZES:
            outcome = simulate(name, Setting(optimizer, sizes, 0.1), anchor_points(1), 3)
            assert outcome.cases == 343 and outcome.lost == 0
            assert outcome.error.isfinite().all() and outcome.error.shape == outcome.iou.shape == (4,)


def test_a_run_repeats_and_chunks_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    points, setting = anchor_points(5), Setting("gd", "cxcywh", 0.1)
    whole, again = (simulate("giou", setting, points, 4) for _ in range(2))
    assert torch.equal(whole.error, again.error) and torch.equal(whole.error_by_point, again.error_by_point)
    monkeypatch.setattr(descent, "CHUNK", 2)
    parts = simulate("giou", setting, points, 4)
    torch.testing.assert_close(parts.error, whole.error, rtol=1e-6, atol=0)
    torch.testing.assert_close(parts.iou, whole.iou, rtol=1e-6, atol=0)
    assert torch.equal(parts.error_by_point, whole.error_by_point) and parts.good == whole.good


def test_a_loss_by_name_is_the_one_that_is_made_and_points_add_up() -> None:
    points, setting = anchor_points(3), Setting("adam", "cxcywh", 0.1)
    named, made = (simulate(loss, setting, points, 4) for loss in ("giou", lambda: build_loss("giou")))
    assert torch.equal(named.iou_by_point, made.iou_by_point) and named.iou_by_point.shape == (5, 3)
    torch.testing.assert_close(named.iou_by_point.mean(1).double(), named.iou / named.cases, rtol=1e-5, atol=1e-7)


def test_the_curve_starts_at_the_anchors() -> None:
    points = anchor_points(2)
    anchors, targets = cases(points)
    outcome = simulate("iou", Setting("gd", "cxcywh", 0.1), points, 1)
    assert float(outcome.error[0]) == pytest.approx(float((anchors - targets).abs().sum()), rel=1e-5)
    assert float(outcome.iou[0]) == pytest.approx(float(compute_iou(anchors, targets).sum()), rel=1e-5)


def test_lengths_are_in_the_simulations_unit() -> None:
    assert build_loss("nwd").constant == 1.0 and build_loss("mpdiou").image_size == 9.0
