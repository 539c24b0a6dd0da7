"""The box term is found by what it answers and how it is called, whatever the class is called."""

from __future__ import annotations

import types
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.retrain import BoxLossChoice, retarget, set_box_loss
from siou_tracking.retrain.choice import chosen_box_loss
from tests.retrain.by_shape import kin
from tests.retrain.by_shape.kin import (
    PRED,
    TARGET,
    AttributeActor,
    CIoUActor,
    CriterionActor,
    EachActor,
    FunctionActor,
    GIoUActor,
    IoUActor,
    Net,
    RenamedActor,
    SaidCriterionActor,
    ScoresBesideActor,
    SequenceActor,
    SetCriterion,
    TokenActor,
    batch,
    giou_loss,
    giou_of_each,
    iou_by_hand,
    learning,
    made,
    scylla_loss,
    smooth_iou_by_hand,
    step,
)

EXPECTED = smooth_iou_by_hand(PRED, TARGET).mean()
CASES = {
    "giou": (lambda: made(GIoUActor), "giou"),
    "one value per box": (lambda: made(EachActor, objective=giou_of_each), "giou"),
    "ciou": (lambda: made(CIoUActor, "ciou"), "ciou"),
    "iou": (lambda: made(IoUActor, "iou", lambda a, b: (scylla_loss(a, b)[0].mean(), scylla_loss(a, b)[1])), "iou"),
    "a key of its own": (lambda: made(RenamedActor, "regbox"), "regbox"),
    "iou of scores beside giou": (lambda: made(ScoresBesideActor, iou=nn.MSELoss()), "giou"),
    "objectives are modules": (lambda: GIoUActor(Net(), nn.ModuleDict(modules()), {"giou": 2.0, "l1": 5.0}), "giou"),
    "an attribute": (lambda: AttributeActor(Net(), attributes(), {"iou": 2.0, "l1": 5.0}), "iou"),
    "an attribute of a module": (lambda: AttributeActor(Net(), module(), {"iou": 2.0, "l1": 5.0}), "iou"),
    "a function of the module": (lambda: made(FunctionActor), "scylla_loss"),
}


class AsModule(nn.Module):
    """giou as a module that is called with names of its own."""

    def forward(self, boxes1: torch.Tensor, boxes2: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return giou_loss(boxes1, boxes2)


def modules() -> dict[str, nn.Module]:
    return {"giou": AsModule(), "l1": nn.L1Loss()}


def attributes() -> SimpleNamespace:
    return SimpleNamespace(iou=giou_loss, l1=nn.L1Loss())


def module() -> nn.Module:
    holder = nn.Module()
    holder.iou, holder.l1 = AsModule(), nn.L1Loss()
    return holder


@pytest.mark.parametrize("case", CASES)
def test_the_loss_is_exchanged_and_all_else_stays(case: str) -> None:
    make, name = CASES[case]
    plain = make()
    before = plain(batch())[1]
    choice, actor = learning(plain)
    stats = step(actor)
    key = next(key for key in stats if key.startswith("Loss/") and key != "Loss/total")
    assert stats[key] == pytest.approx(EXPECTED, rel=1e-5)
    assert stats["IoU"] == pytest.approx(sum(iou_by_hand(PRED, TARGET)) / 3, rel=1e-5)
    others = before["Loss/total"] - 2 * before[key]
    assert stats["Loss/total"] == pytest.approx(2 * EXPECTED + others, rel=1e-5)
    assert (choice.role, choice.params["sharpness"], choice.replaced.name) == ("loss", 256.0, name)


@pytest.mark.parametrize("case", CASES)
def test_the_users_objects_stay_as_they_are(case: str) -> None:
    plain = CASES[case][0]()
    objective, weights = plain.objective, plain.loss_weight
    inside = dict(objective.items() if hasattr(objective, "items") else vars(objective))
    learning(plain, weight=7.0)[1](batch())
    assert plain.objective is objective
    assert dict(objective.items() if hasattr(objective, "items") else vars(objective)) == inside
    assert set(weights.values()) == {2.0, 5.0}
    assert kin.scylla_loss is scylla_loss
    torch.manual_seed(0)
    plain.net.boxes.data = PRED.clone()
    assert plain(batch())[1] == CASES[case][0]()(batch())[1]


@pytest.mark.parametrize("case", CASES)
def test_weight_and_sharpness_asked_for_are_taken(case: str) -> None:
    make, _ = CASES[case]
    one, two = (step(learning(make(), weight=weight, sharpness=8.0)[1]) for weight in (2.0, 6.0))
    loss = smooth_iou_by_hand(PRED, TARGET, 8.0).mean()
    assert two["Loss/total"] - one["Loss/total"] == pytest.approx(4 * loss, rel=1e-5)


@pytest.mark.parametrize(
    "make", [lambda c: CriterionActor(Net(), c), lambda c: SaidCriterionActor(Net(), {"tracking": c})]
)
def test_a_set_criterion_gets_the_loss_of_its_matched_pairs(make) -> None:
    criterion = SetCriterion()
    plain = make(criterion)
    with torch.no_grad():
        before, old = plain(batch())
    choice, actor = learning(plain)
    loss, stats = actor(batch())
    p, t = (torch.cat((b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2), 1) for b in (PRED, TARGET))
    expected = smooth_iou_by_hand(p, t).mean()
    assert stats["Loss/giou"] == pytest.approx(expected, rel=1e-5)
    assert stats["iou"] == old["iou"]
    assert loss.item() == pytest.approx(before.item() + 2 * (expected - old["Loss/giou"]), rel=1e-5)
    step(actor)
    assert "loss_boxes" not in vars(criterion)
    assert choice.announcement("X").endswith(
        "loss_giou of X -> smooth_iou (sharpness 256.0, divergence bhattacharyya), weight 2.0 as loss_giou's"
    )
    heavier = learning(plain, weight=4.0)[1]
    plain.net.boxes.data = PRED.clone()
    assert heavier(batch())[0].item() == pytest.approx(before.item() + 4 * expected - 2 * old["Loss/giou"], rel=1e-5)
    assert criterion.weight_dict["loss_giou"] == 2.0


def test_a_trainer_that_never_calls_the_actor_itself_is_heard() -> None:
    actor = learning(made(SequenceActor))[1]
    actor.explore(batch())
    stats = step(actor, "compute_sequence_losses")
    assert stats["Loss/giou"] == pytest.approx(EXPECTED, rel=1e-5)


def test_a_function_behind_a_modules_name_is_found() -> None:
    namespace = {"box_ops": types.SimpleNamespace(), "Actor": kin.Actor}
    namespace["box_ops"] = types.ModuleType("box_ops")
    namespace["box_ops"].my_giou = giou_loss
    exec(
        "class Mine(Actor):\n    def compute_losses(self, boxes, data):\n"
        "        box, iou = box_ops.my_giou(boxes, data['target'])\n"
        "        return self.total('giou', box, iou, self.objective['l1'](boxes, data['target']))\n",
        namespace,
    )
    choice, actor = learning(made(namespace["Mine"]))
    assert step(actor)["Loss/giou"] == pytest.approx(EXPECTED, rel=1e-5)
    assert choice.replaced.name == "my_giou"
    assert namespace["box_ops"].my_giou is giou_loss


REFUSED = {
    "classes only": (
        lambda: GIoUActor(Net(), {"cls": nn.BCELoss()}, {"cls": 1.0}),
        "trains only the score head: train the first",
    ),
    "score head is run": (lambda: switched(made(CIoUActor, "ciou")), "trains only the score head"),
    "score objective": (lambda: made(IoUActor, "iou", score=nn.BCELoss()), "trains only the score head"),
    "tokens": (lambda: TokenActor(Net(), {"ce": nn.CrossEntropyLoss()}, {"ce": 1.0}), "has no differentiable box"),
    "weight 0": (lambda: weighing(made(GIoUActor), 0.0), "the weight of its giou is 0"),
    "no objective": (lambda: GIoUActor(Net(), None), "its objective is a NoneType"),
    "another key": (lambda: made(GIoUActor, "diou"), "its objectives are diou, l1, with none called giou, ciou or iou"),
    "iou without a weight": (lambda: GIoUActor(Net(), {"iou": giou_loss}, {"l1": 1.0}), "its objectives are iou"),
    "one tensor": (lambda: made(GIoUActor, objective=nn.MSELoss()), "'giou' answers a Tensor, expected two tensors"),
    "pairwise": (lambda: made(GIoUActor, objective=pairwise), r"an IoU of shape \(3, 3\)"),
    "a similarity": (lambda: made(GIoUActor, objective=kin.box_iou), "not smaller for nearer boxes"),
    "three values": (
        lambda: made(GIoUActor, objective=lambda a, b: (*giou_loss(a, b), a)),
        "float32, float32, float32",
    ),
    "it raises": (
        lambda: made(GIoUActor, objective=lambda a: a),
        "raises TypeError: .* two \\(3, 4\\) tensors of boxes",
    ),
    "no callable": (lambda: made(GIoUActor, objective=3), "raises TypeError"),
    "neither mean nor sum": (lambda: made(GIoUActor, objective=largest), "neither a mean nor a sum"),
    "not of boxes": (lambda: made(GIoUActor, objective=squares), "no IoU of boxes in any known format"),
}


def switched(actor):
    actor.run_score_head = True
    return actor


def weighing(actor, weight):
    actor.loss_weight["giou"] = weight
    return actor


def pairwise(a, b):
    loss, iou = giou_of_each(a, b)
    return loss.mean(), iou[:, None] * iou


def largest(a, b):
    loss, iou = giou_of_each(a, b)
    return loss.sum() ** 2, iou


def squares(a, b):
    return (a - b).square().mean(), (a - b).square().mean(1)


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_box_term_is_refused_in_one_line(case: str) -> None:
    make, message = REFUSED[case]
    actor, settings = make(), SimpleNamespace(project_path="train/x/y")
    with pytest.raises(InputError, match=message) as caught:
        retarget(actor, settings, [], BoxLossChoice("smooth_iou"))
    assert str(caught.value).startswith(f"box loss smooth_iou: {type(actor).__name__}: ")
    assert "\n" not in str(caught.value) and settings.project_path == "train/x/y"


def test_two_functions_that_could_be_the_loss_are_named() -> None:
    class Mine(FunctionActor):
        def compute_losses(self, boxes, data):
            return giou_loss(boxes, data["target"]) if data else scylla_loss(boxes, data["target"])

    with pytest.raises(InputError, match="its code calls giou_loss and scylla_loss, of which one only can be"):
        learning(made(Mine))


def test_two_objectives_that_could_be_the_loss_are_named() -> None:
    class Mine(RenamedActor):
        def compute_losses(self, boxes, data):
            return self.objective["other"](boxes, data["target"]) if data else super().compute_losses(boxes, data)

    with pytest.raises(InputError, match="its objectives regbox and other all answer as a box loss"):
        learning(made(Mine, "regbox", other=scylla_loss))


def test_a_weight_that_is_nowhere_is_not_replaced() -> None:
    actor = GIoUActor(Net(), {"giou": giou_loss, "l1": nn.L1Loss()})
    assert learning(actor)[0].announcement("A").endswith("weight as it was")
    with pytest.raises(InputError, match="has no weight of its giou by name: leave --box-loss-weight out"):
        learning(actor, weight=2.0)


def test_the_first_line_says_what_was_replaced_and_its_weight() -> None:
    said = "box loss: giou of GIoUActor -> smooth_iou (sharpness 256.0, divergence kl), weight "
    for weight, last in ((None, "2.0 as giou's"), (3.0, "3.0 instead of giou's 2.0")):
        choice, actor = learning(made(GIoUActor), divergence="kl", weight=weight)
        assert choice.announcement(type(actor).__name__) == said + last
        assert choice.stored() == {"name": "smooth_iou", "role": "loss", "params": choice.params, "weight": weight}


def test_mappings_keep_their_type() -> None:
    class Dotted(dict):
        __getattr__ = dict.__getitem__

    class Mine(GIoUActor):
        def compute_losses(self, boxes, data):
            box, _ = self.objective.giou(boxes, data["target"])
            return self.loss_weight.giou * box, {"Loss/giou": box.item()}

    plain = Mine(Net(), Dotted(giou=giou_loss), Dotted(giou=2.0))
    actor = learning(plain, weight=3.0)[1]
    assert step(actor)["Loss/giou"] == pytest.approx(EXPECTED, rel=1e-5)
    assert (plain.objective, plain.loss_weight) == ({"giou": giou_loss}, {"giou": 2.0})


def test_the_alias_is_refused_where_it_is_anothers_name() -> None:
    for settings, flag in (
        (SimpleNamespace(project_path="a/b"), BoxLossChoice("siou")),
        (SimpleNamespace(project_path="a/b", box_loss="siou"), None),
        (said_in_a_settings_file(), None),
    ):
        with pytest.raises(
            InputError, match=r"box loss siou: GIoUActor: .*SCYLLA-IoU \(arXiv 2205.12740\): write smooth_iou"
        ):
            retarget(made(GIoUActor), settings, [], flag)
        assert settings.project_path == "a/b"


def said_in_a_settings_file() -> SimpleNamespace:
    settings = SimpleNamespace(project_path="a/b")
    set_box_loss(settings, BoxLossChoice("siou"))
    return settings


def test_the_alias_means_smooth_iou_elsewhere() -> None:
    assert chosen_box_loss(said_in_a_settings_file()) == BoxLossChoice("smooth_iou")
    settings = said_in_a_settings_file()
    settings.box_loss = "giou"  # by hand, later
    assert chosen_box_loss(settings) == BoxLossChoice("giou")


def test_nothing_is_called_or_changed_without_a_box_loss() -> None:
    calls = []
    actor, settings = made(GIoUActor, objective=lambda *boxes: calls.append(boxes)), SimpleNamespace(project_path="a/b")
    assert retarget(actor, settings) == (None, actor)
    assert not calls and vars(settings) == {"project_path": "a/b"}
