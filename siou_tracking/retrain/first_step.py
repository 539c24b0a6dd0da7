"""A training that was asked for a box loss and did not get it ends before its first step, whatever class trains it.

Trainers of the engine, and classes derived from them, take the box loss themselves. What a settings file trains by
other means is seen where every training passes: at the step of its optimizer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch.optim.optimizer import register_optimizer_step_pre_hook

from siou_tracking.errors import InputError
from siou_tracking.retrain.choice import BoxLossChoice, chosen_box_loss
from siou_tracking.retrain.retarget import learns_box_loss


@contextlib.contextmanager
def box_loss_required(settings: Any, trainers: Sequence[Any], flag: BoxLossChoice | None = None) -> Iterator[None]:
    """Check before the first step of the training inside the block, and at its end, that the box loss is learned.

    Args:
        settings: of the run, of either engine; a settings file may ask in them while it runs.
        trainers: every trainer of the engine made so far; the last one counts.
        flag: the command line's choice.

    Raises:
        InputError: one was asked for, and the last trainer's actor does not learn it.
    """
    stop_watching = before_first_step(lambda: check_box_loss_is_learned(settings, trainers, flag))
    try:
        yield
    finally:
        stop_watching()
    check_box_loss_is_learned(settings, trainers, flag)


def before_first_step(check: Callable[[], None]) -> Callable[[], None]:
    """Call `check` before each step of any optimizer until it passes once; call the result to end that."""
    passed = False

    def look(*_: object) -> None:
        nonlocal passed
        if not passed:
            check()
            passed = True

    # torch's hook for all optimizers; it goes over its hooks while it calls them, so this one cannot take itself out.
    return register_optimizer_step_pre_hook(look).remove


def check_box_loss_is_learned(settings: Any, trainers: Sequence[Any], flag: BoxLossChoice | None = None) -> None:
    """Raise what `box_loss_required` raises."""
    choice = flag or chosen_box_loss(settings)
    if choice is None or (trainers and learns_box_loss(trainers[-1].actor)):
        return
    if trainers:
        name = type(trainers[-1]).__name__
        reason = f"not learned by the actor of {name}: call use_box_loss before that is made, and leave it its actor"
    else:
        reason = "trained by no trainer of the engine, which would give it to the actor: derive it from BaseTrainer"
    raise InputError(f"box loss {choice.name}: settings {settings.project_path}: {reason}")
