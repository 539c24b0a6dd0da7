"""--amp, --accumulate and --compile on a trainer of any engine, as one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any  # actors, loaders and networks of either engine

import torch

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.ltr.trainers.step.network import change_network, check_precision
from siou_tracking.ltr.trainers.step.steps import SteppedActor, Steps, count_batches, gradient_scaler, optimized
from siou_tracking.retrain.actor_wrappers import extend
from siou_tracking.retrain.request import TrainRequest

logger = get_logger(__name__)


def apply_step_options(
    actor: Any,
    optimizer: torch.optim.Optimizer,
    loaders: Sequence[Any],
    request: TrainRequest,
    device: torch.device,
    latest: Callable[[], Path | None] = lambda: None,
) -> Any:
    """The actor with which a trainer's loop makes the steps that `request` asks for; the actor itself if for none.

    The loop stays as it is: it calls the actor, then `zero_grad`, `backward` of the very loss that the actor returned,
    if it likes clips the gradients, and calls `optimizer.step`. The network, the optimizer and the training loaders are
    changed in place. A loop of another shape is refused at its first step, not trained wrongly. Not for a trainer that
    scales or accumulates by itself: see `refuse_own_steps`.

    Args:
        actor: called with a batch, returns the loss and more; its `net` may be wrapped for several devices.
        optimizer: the one that the loop steps.
        loaders: of the trainer; those with `training` are counted, so that the last step of an epoch knows how many
            batches it has.
        request: of the command line.
        device: that the network is on.
        latest: asked for the newest checkpoint when fp16 diverges.

    Raises:
        InputError: a precision that the device does not have, or a compiler that this machine does not have.
    """
    asked, batches = request.step_options(), request.accumulate or 1
    if not asked:
        return actor
    if request.amp is not None or request.compile:
        if request.amp is not None:
            check_precision(request.amp, device)
        calls = change_network(actor.net, device, request.amp, request.compile)
        optimizer.register_step_pre_hook(_check_was_called(type(unwrap(actor.net)).__name__, calls, request))
    actor.step_options = asked  # for `retrain.first_step`: an actor that came later has none
    if batches == 1 and request.amp != "fp16":
        return actor
    steps = Steps(
        unwrap(actor.net), optimizer, batches, gradient_scaler(device) if request.amp == "fp16" else None, latest
    )
    for loader in loaders:
        if getattr(loader, "training", False):
            count_batches(loader, steps)
    _announce_batches(batches, loaders)
    return extend(actor, SteppedActor, gradient_steps=steps)


def _announce_batches(batches: int, loaders: Sequence[Any]) -> None:
    if batches == 1:
        return
    logger.info(f"accumulate: one step for {batches} batches")
    for loader in loaders:
        if getattr(loader, "training", False) and hasattr(loader, "__len__") and 0 < len(loader) < batches:
            logger.info(f"accumulate: loader '{loader.name}': an epoch has {len(loader)} batches, and so one step")


def _check_was_called(name: str, calls: Sequence[int], request: TrainRequest) -> Callable[..., None]:
    """A hook before optimizer steps: `InputError` if gradients came about without a call of the network as a whole."""

    def check(optimizer: torch.optim.Optimizer, *_: object) -> None:
        if calls[0]:
            return
        if any(one.grad is not None for one in optimized(optimizer)):
            given = " and ".join(one for one in request.step_options() if not one.startswith("--accumulate"))
            raise InputError(f"{given}: {name}: the training does not call it as a whole, which is what this acts on")

    return check


def refuse_own_steps(trainer: Any, request: TrainRequest) -> None:
    """Raise `InputError` if a checkout's trainer scales or accumulates by itself, and is asked for that here too.

    Known by the attributes that its configuration sets, which trackers of the family spell alike.
    """
    asked = [option for option in request.step_options() if option != "--compile"]
    own = ["use_amp"] if getattr(trainer, "use_amp", False) is True else []
    counts = ((name, getattr(trainer, name, 1)) for name in ("accum_iter", "accumulation", "accumulation_steps"))
    own += [f"{name} {count}" for name, count in counts if isinstance(count, int) and count > 1]
    if asked and own:
        raise InputError(
            f"{', '.join(asked)}: {type(trainer).__name__} has {' and '.join(own)} from its configuration: "
            "leave it out in one of the two places"
        )


def scaler_state(actor: Any) -> dict[str, Any] | None:
    """The state of the actor's gradient scaler, plain numbers for a checkpoint; None where there is none."""
    steps = getattr(actor, "gradient_steps", None)
    return steps.scaler.state_dict() if isinstance(steps, Steps) and steps.scaler is not None else None


def restore_scaler(actor: Any, content: Mapping[str, Any]) -> None:
    """Let the actor's gradient scaler go on from a checkpoint; without one on either side nothing happens.

    Args:
        content: of the checkpoint, with `scaler_state` as `grad_scaler_state` in it or, where a checkout says what else
            is in it, in its settings.
    """
    steps = getattr(actor, "gradient_steps", None)
    state = content.get("grad_scaler_state") or getattr(content.get("settings"), "grad_scaler_state", None)
    if state and isinstance(steps, Steps) and steps.scaler is not None:
        steps.scaler.load_state_dict(state)
