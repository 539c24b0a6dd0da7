"""A few fixed boxes tell what an objective answers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking.boxes import FORMATS, convert
from siou_tracking.retrain.by_shape.probe import probe
from tests.retrain.by_shape.kin import giou_loss, giou_of_each, overlap


def reduced(how: str, fmt: str = "xyxy"):
    """GIoU of boxes in a format."""

    def objective(pred, target):
        loss, iou = giou_of_each(*(convert(boxes, fmt, "xyxy") for boxes in (pred, target)))
        return (loss if how == "none" else getattr(loss, how)()), iou

    return objective


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("how", ["mean", "sum", "none"])
def test_reduction_and_box_format_are_told(how: str, fmt: str) -> None:
    assert probe(reduced(how, fmt), None) == (how, fmt)


def test_a_second_value_that_is_no_iou_needs_a_loss_that_moves_and_scales_with_the_boxes() -> None:
    def objective(pred, target):
        loss, _ = giou_of_each(pred, target)
        return loss.mean(), loss

    assert probe(objective, None) == ("mean", "xyxy")


def test_random_numbers_and_the_objectives_arguments_are_left_alone() -> None:
    def objective(pred, target):
        answer = giou_loss(pred, target)
        pred.zero_()
        return answer

    state = torch.get_rng_state()
    assert probe(objective, None) == ("mean", "xyxy")
    assert torch.equal(torch.get_rng_state(), state)


def test_an_objective_that_lives_on_the_actors_device_is_asked_there() -> None:
    def objective(pred, target):
        if pred.device.type != "meta":
            raise RuntimeError("boxes on the wrong device")
        raise ValueError("asked there")

    actor = SimpleNamespace(net=nn.Linear(1, 1, device="meta"))
    with pytest.raises(Exception, match="raises ValueError: asked there"):
        probe(objective, actor)


def test_small_epsilons_do_not_matter() -> None:
    def objective(pred, target):
        iou, _ = overlap(pred, target)
        return (1 - iou + 1e-6).mean(), iou * (1 - 1e-5)

    assert probe(objective, None) == ("mean", "xyxy")


def test_an_objective_with_a_running_mean_is_asked_as_if_it_were_new() -> None:
    class Running(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.ones(()))

        def forward(self, pred: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            loss, iou = giou_of_each(pred, target)
            self.mean.mul_(0.5).add_(0.5 * iou.mean())
            return loss.mean() / self.mean, iou

    objective = Running()
    assert probe(objective, None) == ("mean", "xyxy")
    assert objective.mean == 1
