"""Several batches a step, in loops that know nothing of it: the weights are those of one large batch."""

from __future__ import annotations

import abc
import copy
import gc
import weakref
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers.divergence import TrainingDiverged
from siou_tracking.ltr.trainers.step.options import apply_step_options, refuse_own_steps, restore_scaler, scaler_state
from siou_tracking.ltr.trainers.step.steps import MOST_SKIPPED, SteppedActor, Steps
from siou_tracking.retrain import TrainRequest
from siou_tracking.retrain.actor_wrappers import extend

CPU = torch.device("cpu")


class Actor:
    """As a checkout's: with a network and no class of the engine's behind it."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net

    def __call__(self, data: Tensor) -> tuple[Tensor, dict[str, float]]:
        loss = (self.net(data) - data.sum(1, keepdim=True)).square().mean()
        return loss, {"Loss/total": loss.item()}


class Loader:
    """Batches of `size` rows of the same twelve."""

    training = True
    name = "train"

    def __init__(self, size: int) -> None:
        self.batches = torch.randn(12, 3, generator=torch.Generator().manual_seed(1)).split(size)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Tensor]:
        yield from self.batches


def network() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))


def upstream(actor, loader, optimizer, clip: float = 0) -> None:
    """PyTracking's order, and that of most trackers that descend from it."""
    for data in loader:
        loss, _ = actor(data)
        optimizer.zero_grad()
        loss.backward()
        if clip > 0:
            nn.utils.clip_grad_norm_(actor.net.parameters(), clip)
        optimizer.step()


def clear_first(actor, loader, optimizer, clip: float = 0) -> None:
    for data in loader:
        optimizer.zero_grad(set_to_none=False)
        actor(data)[0].backward()
        nn.utils.clip_grad_norm_(actor.net.parameters(), clip or 1e9)
        optimizer.step()


def clear_last(actor, loader, optimizer, clip: float = 0) -> None:
    for data in loader:
        actor(data)[0].backward()
        nn.utils.clip_grad_norm_(actor.net.parameters(), clip or 1e9)
        optimizer.step()
        actor.net.zero_grad()


def train(loop: Callable, size: int, epochs: int = 3, options: dict | None = None, **arguments) -> dict[str, Tensor]:
    net, loader = network(), Loader(size)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    actor = apply_step_options(Actor(net), optimizer, [loader], TrainRequest("", **(options or {})), CPU)
    for _ in range(epochs):
        loop(actor, loader, optimizer, **arguments)
    return net.state_dict()


def assert_close(got: dict[str, Tensor], expected: dict[str, Tensor], atol: float = 1e-5) -> None:
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(got[name], value, rtol=0, atol=atol, msg=name)


@pytest.mark.parametrize("loop", [upstream, clear_first, clear_last])
@pytest.mark.parametrize("clip", [0, 0.05])
def test_k_batches_a_step_are_one_batch_of_k_times_the_size(loop: Callable, clip: float):
    whole = train(loop, 6, clip=clip)
    assert_close(train(loop, 2, options={"accumulate": 3}, clip=clip), whole)
    assert not torch.allclose(whole["0.weight"], network().state_dict()["0.weight"], atol=0.01)


def test_the_last_step_of_an_epoch_is_the_mean_of_the_batches_that_are_left():
    """Twelve rows by fives of two: ten rows, then two."""
    net, rows = network(), Loader(1).batches
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(2):
        upstream(Actor(net), [torch.cat(rows[:10]), torch.cat(rows[10:])], optimizer, clip=0.05)
    assert_close(train(upstream, 2, 2, {"accumulate": 5}, clip=0.05), net.state_dict())


def test_more_batches_than_an_epoch_has_are_one_step_and_that_is_said(capsys: pytest.CaptureFixture[str]):
    assert_close(train(upstream, 2, options={"accumulate": 100}), train(upstream, 12))
    printed = capsys.readouterr().out
    assert "accumulate: one step for 100 batches" in printed
    assert "loader 'train': an epoch has 6 batches, and so one step" in printed


def test_without_options_the_actor_and_the_optimizer_stay_as_they_are():
    net = network()
    actor, optimizer, loader = Actor(net), torch.optim.SGD(net.parameters(), lr=0.1), Loader(2)
    step = optimizer.step
    for request in (TrainRequest(""), TrainRequest("", accumulate=1)):
        assert apply_step_options(actor, optimizer, [loader], request, CPU) is actor
    assert type(loader) is Loader and type(net) is nn.Sequential and optimizer.step == step


def test_a_schedule_made_before_or_after_counts_steps_not_batches(recwarn: pytest.WarningsRecorder):
    for before in (True, False):
        net, loader = network(), Loader(2)
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.1) if before else None
        actor = apply_step_options(Actor(net), optimizer, [loader], TrainRequest("", accumulate=3), CPU)
        schedule = schedule or torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.1)
        made = []
        optimizer.register_step_post_hook(lambda *_, made=made: made.append(1))
        upstream(actor, loader, optimizer)
        schedule.step()
        assert len(made) == 2
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
    assert not [one for one in recwarn if "lr_scheduler" in str(one.message)]


def test_validation_between_batches_takes_no_part():
    def with_validation(actor, loader, optimizer) -> None:
        for data in loader:
            upstream(actor, [data], optimizer)
            with torch.no_grad():
                actor(data)

    assert_close(train(with_validation, 2, options={"accumulate": 3}), train(upstream, 6))


def test_an_epoch_that_breaks_off_leaves_nothing_to_the_next():
    net, loader = network(), Loader(2)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    actor = apply_step_options(Actor(net), optimizer, [loader], TrainRequest("", accumulate=3), CPU)
    for data in loader:
        loss, _ = actor(data)
        loss.backward()
        optimizer.step()
        break
    upstream(actor, loader, optimizer)
    assert_close(net.state_dict(), train(upstream, 6, epochs=1))


def doubles_the_loss(actor, loader, optimizer) -> None:
    for data in loader:
        (2 * actor(data)[0]).backward()
        optimizer.step()


def goes_back_twice(actor, loader, optimizer) -> None:
    for data in loader:
        loss, _ = actor(data)
        loss.backward(retain_graph=True)
        loss.backward()


def gives_a_closure(actor, loader, optimizer) -> None:
    for data in loader:
        optimizer.step(closure=lambda data=data: actor(data)[0])


def leaves_the_actor_alone(actor, loader, optimizer) -> None:
    for data in loader:
        actor.net(data).sum().backward()
        optimizer.step()


@pytest.mark.parametrize(
    ("loop", "message"),
    [
        (doubles_the_loss, r"--accumulate 3: the training loop makes a step without calling backward\(\) of the very"),
        (leaves_the_actor_alone, "makes a step without calling"),
        (goes_back_twice, "calls backward twice for a batch"),
        (gives_a_closure, "gives the optimizer a closure"),
    ],
)
def test_a_loop_of_another_shape_is_refused_before_it_changes_a_weight(loop: Callable, message: str):
    net, loader = network(), Loader(2)
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    actor = apply_step_options(Actor(net), optimizer, [loader], TrainRequest("", accumulate=3), CPU)
    with pytest.raises(InputError, match=message):
        loop(actor, loader, optimizer)
    assert_close(net.state_dict(), network().state_dict(), atol=0)


def test_no_loss_is_kept_once_it_went_back():
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    actor = apply_step_options(Actor(net), optimizer, [], TrainRequest("", accumulate=2), CPU)
    gc.disable()
    try:
        loss, _ = actor(Loader(2).batches[0])
        loss.backward()
        alive = weakref.ref(loss)
        del loss
        assert alive() is None
    finally:
        gc.enable()


def scaled(net: nn.Module, lr: float = 0.05, batches: int = 1) -> tuple[Actor, torch.optim.Optimizer]:
    """An actor whose steps are scaled as for fp16, which the CPU is not let to do, and its optimizer."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    scaler = torch.amp.GradScaler("cpu")
    steps = Steps(net, optimizer, batches, scaler, lambda: Path("last.pth.tar"))
    return extend(Actor(net), SteppedActor, gradient_steps=steps), optimizer


@pytest.mark.parametrize("batches", [1, 3])
def test_scaled_gradients_reach_clipping_and_the_step_unscaled(batches: int):
    plain, net = network(), network()
    upstream(Actor(plain), Loader(2 * batches), torch.optim.SGD(plain.parameters(), lr=0.5), clip=0.05)
    actor, optimizer = scaled(net, lr=0.5, batches=batches)
    upstream(actor, Loader(2), optimizer, clip=0.05)
    assert_close(net.state_dict(), plain.state_dict())


def test_a_step_whose_gradients_overflow_is_left_out_and_the_scale_falls():
    net = network()
    before = copy.deepcopy(net.state_dict())
    actor, optimizer = scaled(net)
    handle = net[0].weight.register_hook(lambda gradient: gradient * float("inf"))
    upstream(actor, Loader(2).batches[:2], optimizer, clip=0.05)
    assert_close(net.state_dict(), before, atol=0)
    assert scaler_state(actor)["scale"] == 2.0**14
    handle.remove()
    upstream(actor, Loader(2).batches[:1], optimizer)
    assert not torch.equal(net.state_dict()["0.weight"], before["0.weight"])
    assert actor.gradient_steps.skipped == 0


def test_steps_that_overflow_again_and_again_end_the_run():
    net = network()
    actor, optimizer = scaled(net)
    net[0].weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(
        TrainingDiverged, match=rf"gradients are not finite in fp16, {MOST_SKIPPED} steps.*last.pth.tar"
    ):
        upstream(actor, Loader(1).batches * 3, optimizer)
    assert all(value.isfinite().all() for value in net.state_dict().values())


def test_a_scaler_goes_on_from_its_state_and_without_one_starts_anew():
    actor, _ = scaled(network())
    state = {**scaler_state(actor), "scale": 8.0, "_growth_tracker": 5}
    restore_scaler(actor, {"grad_scaler_state": None, "settings": Namespace()})
    assert scaler_state(actor)["scale"] == 2.0**16
    restore_scaler(actor, {"settings": Namespace(grad_scaler_state=state)})
    assert scaler_state(actor) == state
    restore_scaler(actor, {"grad_scaler_state": {**state, "scale": 4.0}})
    assert scaler_state(actor)["scale"] == 4
    plain = Actor(network())
    restore_scaler(plain, {"grad_scaler_state": state})
    assert scaler_state(plain) is None


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_is_counted(workers: int):
    net = network()
    loader = torch.utils.data.DataLoader(torch.cat(Loader(12).batches), batch_size=2, num_workers=workers)
    loader.training, loader.name = True, "train"
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    actor = apply_step_options(Actor(net), optimizer, [loader], TrainRequest("", accumulate=4), CPU)
    assert type(loader).__name__ == "DataLoader" and len(loader) == 6
    for _ in range(2):
        upstream(actor, loader, optimizer)
    assert_close(net.state_dict(), train(upstream, 2, 2, {"accumulate": 4}))


def test_an_actor_of_an_abstract_class_is_extended():
    class Abstract(Actor, abc.ABC):
        pass

    net, loader = network(), Loader(2)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    actor = apply_step_options(Abstract(net), optimizer, [loader], TrainRequest("", accumulate=3), CPU)
    assert type(actor).__name__ == "Abstract" and isinstance(actor, Abstract)
    for _ in range(3):
        upstream(actor, loader, optimizer)
    assert_close(net.state_dict(), train(upstream, 6))


@pytest.mark.parametrize(
    ("own", "asked", "refused"),
    [
        ({"use_amp": True}, {"amp": "bf16"}, "--amp bf16: Namespace has use_amp from its configuration"),
        (
            {"use_amp": True, "accum_iter": 4},
            {"accumulate": 2},
            "--accumulate 2: Namespace has use_amp and accum_iter 4",
        ),
        ({"accumulation": 2}, {"amp": "fp16"}, "--amp fp16: Namespace has accumulation 2"),
        ({"use_amp": True}, {"compile": True}, None),
        ({"use_amp": False, "accum_iter": 1}, {"amp": "bf16", "accumulate": 2}, None),
        ({"use_amp": True}, {"accumulate": 1}, None),
    ],
)
def test_a_trainer_that_scales_or_accumulates_by_itself_is_refused(own: dict, asked: dict, refused: str | None):
    if refused is None:
        refuse_own_steps(Namespace(**own), TrainRequest("", **asked))
    else:
        with pytest.raises(InputError, match=refused):
            refuse_own_steps(Namespace(**own), TrainRequest("", **asked))
