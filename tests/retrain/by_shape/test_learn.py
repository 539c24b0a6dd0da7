"""However an actor keeps its objectives and weights, the copy that learns has the exchanged ones."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.retrain import BoxLossChoice
from tests.retrain.by_shape.kin import (
    PRED,
    TARGET,
    Actor,
    CriterionActor,
    GIoUActor,
    Net,
    SetCriterion,
    giou_loss,
    learning,
    made,
    smooth_iou_by_hand,
    step,
)

EXPECTED = smooth_iou_by_hand(PRED, TARGET).mean()
L1 = (PRED - TARGET).abs().mean().item()


class Slots:
    """No `__dict__`."""

    __slots__ = ("loss_weight", "net", "objective")

    def __init__(self, net, objective, loss_weight):
        self.net, self.objective, self.loss_weight = net, objective, loss_weight

    __call__ = Actor.__call__
    compute_losses, total = GIoUActor.compute_losses, Actor.total


class SlotsAndMore(Slots):
    """Slots of a base, attributes of its own."""


class Properties(GIoUActor):
    """What its methods read cannot be assigned."""

    def __init__(self, net, objective, loss_weight):
        self.net, self._given = net, (objective, loss_weight)

    objective = property(lambda self: self._given[0])
    loss_weight = property(lambda self: self._given[1])


class ElsewhereToo(Actor):
    """The objectives and the weights under names of its own."""

    def __init__(self, net, objective, loss_weight):
        super().__init__(net, objective, loss_weight)
        self.criteria, self.factors = objective, loss_weight

    def compute_losses(self, boxes, data):
        box, _ = self.criteria["giou"](boxes, data["target"])
        loss = self.factors["giou"] * box + self.factors["l1"] * self.criteria["l1"](boxes, data["target"])
        return loss, {"Loss/total": loss.item(), "Loss/giou": box.item()}


class TakenOut(GIoUActor):
    """The box objective by itself."""

    def __init__(self, net, objective, loss_weight):
        super().__init__(net, objective, loss_weight)
        self.box_loss = objective["giou"]

    def compute_losses(self, boxes, data):
        box, iou = self.box_loss(boxes, data["target"])
        return self.total("giou", box, iou, self.objective["l1"](boxes, data["target"]))


@pytest.mark.parametrize("cls", [Slots, SlotsAndMore, Properties, ElsewhereToo, TakenOut])
def test_objective_and_weight_are_exchanged_wherever_they_are_kept(cls) -> None:
    plain = made(cls)
    before = plain.objective, plain.loss_weight
    stats = step(learning(plain, weight=3.0)[1])
    assert stats["Loss/giou"] == pytest.approx(EXPECTED, rel=1e-5)
    assert stats["Loss/total"] == pytest.approx(3 * EXPECTED + 5 * L1, rel=1e-5)
    assert (plain.objective, plain.loss_weight) == before
    assert plain.objective["giou"] is giou_loss and plain.loss_weight == {"giou": 2.0, "l1": 5.0}


def test_mappings_that_cannot_be_changed_are_exchanged_as_well() -> None:
    objectives = MappingProxyType({"giou": giou_loss, "l1": nn.L1Loss()})
    actor = learning(GIoUActor(Net(), objectives, MappingProxyType({"giou": 2.0, "l1": 5.0})))[1]
    assert step(actor)["Loss/total"] == pytest.approx(2 * EXPECTED + 5 * L1, rel=1e-5)


def test_a_weight_that_only_the_constructor_reads_is_not_said_to_be_another() -> None:
    class Keeps(GIoUActor):
        def __init__(self, net, objective, loss_weight):
            super().__init__(net, objective, loss_weight)
            self.factor = loss_weight["giou"]

        def total(self, key, box, iou, other):
            return self.factor * box, {}

    step(learning(made(Keeps))[1])
    with pytest.raises(InputError, match=r"Keeps: its code reads no loss_weight.*leave --box-loss-weight out"):
        learning(made(Keeps), weight=3.0)


@pytest.mark.parametrize("weight", [None, [1.0], torch.ones(3), "much"])
def test_a_weight_that_is_no_number_is_one_line(weight) -> None:
    actor = made(GIoUActor)
    actor.loss_weight["giou"] = weight
    with pytest.raises(InputError, match=r"GIoUActor: the weight of its giou is .*expected one number$"):
        learning(actor)


def test_a_weight_asked_for_counts_for_every_output_of_a_criterion() -> None:
    criterion = SetCriterion()
    criterion.weight_dict |= {"loss_giou_0": 2.0, "loss_bbox_0": 5.0}
    weights = learning(CriterionActor(Net(), criterion), weight=7.0)[1].objective.weight_dict
    assert weights == criterion.weight_dict | {"loss_giou": 7.0, "loss_giou_0": 7.0}
    assert criterion.weight_dict["loss_giou_0"] == 2.0


@pytest.mark.parametrize("make", [np.float32, np.float64, int])
def test_a_choice_keeps_plain_numbers(make) -> None:
    choice = BoxLossChoice.of("smooth_iou", sharpness=make(8), weight=make(2))
    assert [type(one) for one in (choice.weight, choice.params["sharpness"])] == [float, float]
    assert choice == BoxLossChoice("smooth_iou", {"sharpness": 8.0}, 2.0)


@pytest.mark.parametrize("weight", ["2", torch.tensor(2.0), [2.0]])
def test_a_weight_of_another_type_is_one_line(weight) -> None:
    with pytest.raises(InputError, match=r"box loss smooth_iou: weight: got .*allowed are positive numbers"):
        BoxLossChoice.of("smooth_iou", weight=weight)
