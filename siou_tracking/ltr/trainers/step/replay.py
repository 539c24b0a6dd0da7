"""A failed step made again by the network and the actor that its settings file builds, and what is not finite in it."""

from __future__ import annotations

import contextlib
import contextvars
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any  # trainers of either engine, and batches

import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.trainers import checkpoints
from siou_tracking.wording import listed

_instead: contextvars.ContextVar[Callable[[Any], None] | None] = contextvars.ContextVar("instead", default=None)


class _Replayed(BaseException):
    """Ends a settings file's run where its training would begin; no `except Exception` on the way holds it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines


def train_or_replay(trainer: Any) -> None:
    """Called where a trainer's training begins; inside `replayed` it ends here, and nothing is written."""
    if (function := _instead.get()) is not None:
        function(trainer)


def replayed(train: Callable[[], object], content: Mapping[str, Any], failed: Mapping[str, Any]) -> list[str]:
    """What is to be said of a failed step that is made again.

    Args:
        train: runs the settings file.
        content: of the step's file.
        failed: of `read_failed_step`.

    Raises:
        InputError: the settings file builds no trainer, or another network.
    """

    def function(trainer: Any) -> None:
        raise _Replayed(replay_step(trainer, content, failed))

    token = _instead.set(function)
    try:
        train()
    except _Replayed as done:
        return done.lines
    finally:
        _instead.reset(token)
    raise InputError("replay: the settings file trains nothing")


def replay_step(trainer: Any, content: Mapping[str, Any], failed: Mapping[str, Any]) -> list[str]:
    """Make the step, up to its gradients, and tell its losses and what is not finite, a line each."""
    net, actor = unwrap(trainer.actor.net), trainer.actor
    try:
        net.load_state_dict(content["net"])
    except RuntimeError as error:
        raise InputError(f"replay: {type(net).__name__}: {' '.join(str(error).split())[:200]}") from error
    if hasattr(actor, "restore_state"):
        actor.restore_state(failed.get("actor_state") or {})
    training = failed["training"]
    actor.train(training)
    if failed.get("rng_state"):
        checkpoints.restore_rng_state(failed["rng_state"])
    device = next(net.parameters()).device
    batch: Any = TensorDict(failed["batch"]).to(device)
    batch["epoch"], batch["settings"] = failed["epoch"], trainer.settings
    lines = [
        f"epoch {failed['epoch']}, loader '{failed['loader']}', step {failed['step']}: {failed['reason']}",
        _describe_state(net, training),
        _describe_batch(failed["batch"]),
    ]
    watch = getattr(trainer, "loss_watch", None)  # a checkout's, which would end the step at its loss
    unwatched = contextlib.nullcontext() if watch is None else watch.outermost()
    with torch.set_grad_enabled(training), unwatched, _first_not_finite(net) as found:
        loss, stats = actor(batch)
        if training:
            loss.backward()
    values = {"the loss": loss.detach(), **{name: value for name, value in stats.items() if name.startswith("Loss/")}}
    lines += [f"{name}: {float(value):.6g}{'' if _finite(value) else '  NOT FINITE'}" for name, value in values.items()]
    lines.append(f"first layer whose output is not finite: {found[0] if found else 'none'}")
    if training:
        named = [(name, one.grad) for name, one in net.named_parameters() if one.grad is not None]
        bad = [name for name, gradient in named if not bool(torch.isfinite(gradient).all())]
        lines.append(f"gradients that are not finite: {len(bad)} of {len(named)}{': ' if bad else ''}{listed(bad)}")
    if _finite(loss):
        lines.append("the loss is finite here: on another device, or another version, or its step was an earlier one")
    return lines


def _describe_state(net: nn.Module, training: bool) -> str:
    """Batch norms that train do not read their running statistics, which the step itself has moved."""
    moved = {
        f"{name}.{part}"
        for name, module in net.named_modules()
        if training and module.training and hasattr(module, "running_mean")
        for part in ("running_mean", "running_var")
    }
    state = {name: one for name, one in net.state_dict().items() if one.is_floating_point() and name not in moved}
    bad = [name for name, one in state.items() if not bool(torch.isfinite(one).all())]
    if not bad:
        return f"{type(net).__name__}: all {len(state)} tensors were finite before the step"
    return f"{type(net).__name__}: {len(bad)} of {len(state)} tensors were NOT FINITE before the step: {listed(bad)}"


def _describe_batch(batch: Mapping[str, Any]) -> str:
    tensors = {name: one for name, one in batch.items() if isinstance(one, torch.Tensor) and one.is_floating_point()}
    bad = [name for name, one in tensors.items() if not bool(torch.isfinite(one).all())]
    shapes = ", ".join(f"{name} {tuple(one.shape)}" for name, one in batch.items() if isinstance(one, torch.Tensor))
    return f"batch: {shapes}{f'; NOT FINITE: {listed(bad)}' if bad else ''}"


@contextlib.contextmanager
def _first_not_finite(net: nn.Module) -> Iterator[list[str]]:
    """A list that gets the name of the layer, if there is one, in the order in which layers end."""
    found: list[str] = []

    def look(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            parts = output if isinstance(output, list | tuple) else [output]
            if not found and not all(_finite(part) for part in parts if isinstance(part, torch.Tensor)):
                found.append(f"{name or 'the whole network'} ({type(module).__name__})")

        return hook

    hooks = [module.register_forward_hook(look(name)) for name, module in net.named_modules()]
    try:
        yield found
    finally:
        for one in hooks:
            one.remove()


def _finite(value: Any) -> bool:
    return bool(torch.isfinite(value).all()) if isinstance(value, torch.Tensor) else math.isfinite(value)
