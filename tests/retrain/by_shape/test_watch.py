"""No error of the exchanged loss is lost, whatever its actor swallows, and a step trains on it or ends the run."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.losses import SmoothIoULoss
from siou_tracking.retrain.by_shape import objective as exchanged
from siou_tracking.retrain.first_step import check_box_loss_is_learned
from siou_tracking.retrain.retarget import was_called
from tests.retrain.by_shape.kin import (
    PRED,
    REVERSED,
    TARGET,
    Actor,
    CriterionActor,
    FunctionActor,
    GIoUActor,
    LearnsFromIoUActor,
    Net,
    SequenceActor,
    SetCriterion,
    batch,
    giou_loss,
    iou_by_hand,
    learning,
    made,
    overlap,
    smooth_iou_by_hand,
    step,
)

OURS = RuntimeError("our fault")


def broken(actor, error=OURS):
    """The actor, whose exchanged loss raises."""

    def fail(*_):
        raise error

    actor.objective["giou"].loss.forward = fail
    return actor


@pytest.mark.parametrize("error", [OURS, KeyboardInterrupt(), SystemExit(3)])
def test_an_error_of_ours_ends_the_run_through_a_bare_except(error) -> None:
    actor = broken(learning(made(GIoUActor))[1], error)
    with pytest.raises(type(error)):
        actor(batch())


def test_an_error_of_ours_comes_out_of_any_public_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanged, "elementwise_iou", lambda *_: 1 / 0)
    actor = learning(made(SequenceActor))[1]
    with pytest.raises(ZeroDivisionError):
        actor.compute_sequence_losses(batch())
    with pytest.raises(ZeroDivisionError):
        actor.train()


def test_an_error_of_ours_comes_out_in_the_place_of_what_it_led_to() -> None:
    class Mine(Actor):
        def __call__(self, data):
            loss, _ = self.objective["giou"](self.net.boxes, data["target"])
            if loss.isnan():
                raise ValueError("Network outputs is NAN! Stop Training")

    with pytest.raises(RuntimeError, match="our fault") as caught:
        broken(learning(made(Mine))[1])(batch())
    assert isinstance(caught.value.__context__, ValueError)


def test_an_error_that_nobody_heard_ends_the_run_at_the_next_step() -> None:
    actor = broken(learning(made(GIoUActor))[1])
    optimizer = torch.optim.SGD(actor.net.parameters(), lr=0.1)
    loss, iou = actor.objective["giou"](actor.net.boxes, TARGET)
    assert loss.isnan() and iou.isnan() and loss.requires_grad
    loss.backward()
    with pytest.raises(RuntimeError, match="our fault"):
        optimizer.step()
    with pytest.raises(RuntimeError, match="our fault"):
        was_called(actor)


@pytest.mark.parametrize(
    "boxes", [(), (None, TARGET), (PRED[:, :3], TARGET), (PRED, TARGET[:2]), (PRED, TARGET, torch.ones(3))]
)
def test_what_is_no_pair_of_boxes_is_an_error_that_is_kept(boxes) -> None:
    actor = learning(made(GIoUActor))[1]
    loss, _ = actor.objective["giou"](*boxes)
    assert loss.isnan() and loss.dim() == 0
    with pytest.raises(InputError):
        actor.train()


@pytest.mark.parametrize("kind", [GIoUActor, FunctionActor])
def test_a_reversed_box_has_a_loss_and_an_iou_of_0(kind) -> None:
    actor = learning(made(kind, boxes=REVERSED))[1]
    loss, stats = actor(batch())
    loss.backward()
    assert stats["Loss/giou"] > smooth_iou_by_hand(PRED, TARGET)[1:].sum() / 3
    assert stats["IoU"] == pytest.approx(sum(iou_by_hand(REVERSED, TARGET)) / 3, rel=1e-5)
    assert torch.isfinite(actor.net.boxes.grad).all() and actor.net.boxes.grad[0].any()


def test_the_loss_is_nan_where_a_box_is_and_no_error() -> None:
    actor = learning(made(GIoUActor, boxes=PRED * torch.tensor([[float("nan")], [1], [1]])))[1]
    assert actor(batch())[0].isnan()


def test_a_gradient_flows_through_the_second_value() -> None:
    actor = learning(made(LearnsFromIoUActor))[1]
    step(actor)
    boxes = PRED.clone().requires_grad_()
    overlap(boxes, TARGET)[0].sum().backward()
    assert torch.allclose(actor.net.boxes.grad, boxes.grad)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_loss_is_float32_also_under_autocast(dtype) -> None:
    actor = learning(made(GIoUActor))[1]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = PRED.to(dtype)
        loss, _ = actor.objective["giou"](half, TARGET)
        full, _ = actor.objective["giou"](half.float(), TARGET)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(smooth_iou_by_hand(half.float(), TARGET).mean(), rel=1e-3)
    assert full.item() == pytest.approx(smooth_iou_by_hand(half.float(), TARGET).mean(), rel=1e-5)


class Modules(nn.Module):
    def forward(self, boxes1, boxes2):
        return overlap(boxes1, boxes2)[0].mean().neg(), overlap(boxes1, boxes2)[0]


def test_boxes_may_be_named_as_the_original_names_them() -> None:
    objective = learning(made(GIoUActor, objective=Modules()))[1].objective["giou"]
    loss, _ = objective(boxes2=TARGET, boxes1=PRED)
    assert loss.item() == pytest.approx(smooth_iou_by_hand(PRED, TARGET).mean(), rel=1e-5)
    assert not list(objective.parameters()) and not list(objective.buffers())


def test_a_step_that_does_not_train_on_the_loss_ends_the_run() -> None:
    class Swallows(Actor):
        def __call__(self, data):
            try:
                box, _ = self.objective["giou"](self.net.boxes, data["target"])
                raise ValueError("of the actor's own")
            except:  # noqa: E722 as theirs do
                box = torch.tensor(0.0)
            return box + self.objective["l1"](self.net.boxes, data["target"]), {}

    actor = learning(made(Swallows))[1]
    with pytest.raises(InputError, match="Swallows: the optimizer's step does not train on the giou that was computed"):
        step(actor)


def test_an_error_that_the_actor_swallows_before_it_asks_ends_the_run_at_any_step() -> None:
    class Swallows(GIoUActor):
        fails = False

        def __call__(self, data):
            try:
                if self.fails:
                    raise ValueError("of the actor's own")
                return super().__call__(data)
            except:  # noqa: E722 as theirs do
                return self.objective["l1"](self.net.boxes, data["target"]), {}

    actor = learning(made(Swallows))[1]
    step(actor)
    actor.fails = True
    with torch.no_grad():
        actor(batch())
    with pytest.raises(InputError, match="Swallows: computed a loss without its giou"):
        step(actor)


def test_boxes_without_a_gradient_end_the_run() -> None:
    class Tokens(Actor):
        def __call__(self, data):
            box, _ = self.objective["giou"](self.net.boxes.detach(), data["target"])
            return box + self.net.boxes.mean(), {}

    with pytest.raises(
        InputError, match="has no differentiable box: its giou is called with boxes that have no gradient"
    ):
        step(learning(made(Tokens))[1])


def test_a_teacher_and_a_validation_beside_are_no_fault() -> None:
    class Distills(GIoUActor):
        def __call__(self, data):
            self.objective["giou"](self.net.boxes.detach(), data["target"])
            return super().__call__(data)

    actor = learning(made(Distills))[1]
    for _ in range(2):
        step(actor)
        with torch.no_grad():
            actor(batch())


def test_steps_of_another_network_are_not_looked_at() -> None:
    actor = learning(made(GIoUActor))[1]
    actor(batch())  # no backward: its own next step would end the run
    other = nn.Linear(1, 1)
    other(torch.ones(1)).backward()
    torch.optim.SGD(other.parameters(), lr=0.1).step()
    with pytest.raises(InputError, match="does not train on the giou"):
        torch.optim.SGD(actor.net.parameters(), lr=0.1).step()


def test_several_backward_passes_for_one_step_are_one_step() -> None:
    actor = learning(made(GIoUActor))[1]
    optimizer = torch.optim.SGD(actor.net.parameters(), lr=0.1)
    for _ in range(2):
        for _ in range(3):
            (actor(batch())[0] / 3).backward()
        optimizer.step()


def test_a_call_of_the_objective_counts_and_not_one_of_the_actor() -> None:
    class Skips(Actor):
        def __call__(self, data):
            return self.net.boxes.sum(), {"not": self.objective["giou"]}

    sequence, skipping = learning(made(SequenceActor))[1], learning(made(Skips))[1]
    sequence.compute_sequence_losses(batch())
    skipping(batch())
    assert was_called(sequence) and not was_called(skipping)
    settings = SimpleNamespace(project_path="a/b", box_loss="smooth_iou")
    check_box_loss_is_learned(settings, [SimpleNamespace(actor=sequence)], stepping=True)
    with pytest.raises(InputError, match=r"not in the step that SimpleNamespace makes.*and this its box objective"):
        check_box_loss_is_learned(settings, [SimpleNamespace(actor=skipping)], stepping=True)


def test_the_first_batch_says_once_what_both_losses_are(capsys: pytest.CaptureFixture[str]) -> None:
    actor = learning(made(GIoUActor))[1]
    with torch.no_grad():
        actor(batch())
    assert capsys.readouterr().out == ""
    step(actor)
    step(actor)
    expected = smooth_iou_by_hand(PRED, TARGET).mean()
    assert (
        capsys.readouterr().out
        == f"box loss: first batch: mean smooth_iou {expected:.4g}, replaced giou {giou_loss(PRED, TARGET)[0]:.4g}\n"
    )


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        (None, "replaced giou not computable: AssertionError (a reversed box drops the term for the whole batch)"),
        (Modules(), "replaced giou -"),
    ],
)
def test_a_loss_that_the_original_cannot_compute_is_named(capsys, objective, said: str) -> None:
    options = {} if objective is None else {"objective": objective}
    step(learning(made(GIoUActor, boxes=REVERSED, **options))[1])
    assert said in capsys.readouterr().out


class SwallowsAll(CriterionActor):
    """Whatever its criterion raises is a batch like any."""

    def __call__(self, data):
        try:
            return super().__call__(data)
        except:  # noqa: E722 as others do
            return self.net.boxes.sum(), {}


def test_an_error_of_the_criterions_own_is_not_lost_either() -> None:
    actor = learning(SwallowsAll(Net(PRED * torch.tensor([1.0, 1, -1, 1])), SetCriterion()))[1]
    with pytest.raises(AssertionError):
        actor(batch())


def test_a_criterion_keeps_errors_too(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = learning(SwallowsAll(Net(), SetCriterion()))[1]
    monkeypatch.setattr(SmoothIoULoss, "forward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actor(batch())


def test_a_network_is_not_kept_alive() -> None:
    actor = learning(made(GIoUActor))[1]
    step(actor)
    net = weakref.ref(actor.net)
    del actor
    gc.collect()
    assert net() is None


class LooksOn(Actor):
    """Its teacher's boxes are compared under `no_grad`; the student's fail, which it swallows."""

    fails = False

    def __call__(self, data):
        with torch.no_grad():
            self.objective["giou"](self.net.boxes, data["target"])
        loss = self.objective["l1"](self.net.boxes, data["target"])
        if not self.fails:
            loss = loss + self.objective["giou"](self.net.boxes, data["target"])[0]
        return loss, {}


def test_a_call_that_nothing_can_learn_from_is_none() -> None:
    actor = learning(made(LooksOn))[1]
    step(actor)
    actor.fails = True
    with pytest.raises(InputError, match="LooksOn: computed a loss without its giou"):
        step(actor)


def scripted(boxes: torch.Tensor, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    distance = (boxes - wanted).abs().sum(1) / (boxes[:, 2] - boxes[:, 0] + wanted[:, 2] - wanted[:, 0])
    return distance.mean(), distance


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_boxes_may_be_named_as_a_scripted_function_names_them() -> None:
    class Mine(Actor):
        def __call__(self, data):
            box, _ = self.objective["giou"](wanted=data["target"], boxes=self.net.boxes)
            return box, {"Loss/giou": box.item()}

    actor = learning(made(Mine, objective=torch.jit.script(scripted)), divergence="kl")[1]
    named = step(actor)["Loss/giou"]
    assert named == actor.objective["giou"](PRED, TARGET)[0].item() != actor.objective["giou"](TARGET, PRED)[0].item()
