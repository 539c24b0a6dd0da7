"""A training that does not get what was asked for ends before its first step, whatever class trains it.

Trainers of the engine, and classes derived from them, take the box loss and the options themselves. What a settings
file trains by other means is seen where every training passes: at the step of its optimizer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from siou_tracking.errors import InputError
from siou_tracking.retrain.choice import BoxLossChoice, chosen_box_loss
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.retrain.retarget import learns_box_loss, was_called


@contextlib.contextmanager
def request_heeded(settings: Any, trainers: Sequence[Any], request: TrainRequest) -> Iterator[None]:
    """Check before the first step of the training inside the block that it is what was asked for.

    The box loss is checked at the end again: a settings file may ask for it after the training, or train nothing.

    Args:
        settings: of the run, of either engine; a settings file may ask for a box loss in them while it runs.
        trainers: every trainer of the engine made so far; the last one counts. Its `training_began` tells whether the
            engine's own `train` did.
        request: of the command line.

    Raises:
        InputError: a box loss that the last trainer's actor does not learn, an option that its `train` never saw, or
            one that its steps do not heed.
    """

    def check() -> None:
        check_box_loss_is_learned(settings, trainers, request.box_loss, stepping=True)
        if trainers and not getattr(trainers[-1], "training_began", False):
            _refuse_unseen_options(request, type(trainers[-1]).__name__)
        if trainers:
            _check_step_options(request, trainers[-1])

    stop_watching = before_first_step(check)
    try:
        yield
    finally:
        stop_watching()
    check_box_loss_is_learned(settings, trainers, request.box_loss)


def _refuse_unseen_options(request: TrainRequest, trainer: str) -> None:
    asked = {
        "--epochs": request.epochs is not None,
        "--resume": request.resume is True,
        "--fresh": request.resume is False,
        "--weights": request.weights is not None,
    }
    given = [option for option, wanted in asked.items() if wanted]
    if given:
        raise InputError(
            f"{', '.join(given)}: {trainer} has a train() of its own, which does not look at options: call "
            "BaseTrainer.train in it, or leave them out"
        )


def _check_step_options(request: TrainRequest, trainer: Any) -> None:
    """Refuse --amp, --accumulate and --compile in a step whose actor is not the one that was made to heed them."""
    asked = request.step_options()
    if asked and getattr(trainer.actor, "step_options", None) != asked:
        raise InputError(
            f"{', '.join(asked)}: not in the steps that {type(trainer).__name__} makes: let it call its own "
            "self.actor, or leave them out"
        )


def before_first_step(check: Callable[[], None]) -> Callable[[], None]:
    """Call `check` before each step of any optimizer until it passes once; call the result to end that.

    A step without a gradient, which some take to set up a schedule, is none.
    """
    passed = False

    def look(optimizer: Optimizer, *_: object) -> None:
        nonlocal passed
        if not passed and any(one.grad is not None for group in optimizer.param_groups for one in group["params"]):
            check()
            passed = True

    # torch's hook for all optimizers; it goes over its hooks while it calls them, so this one cannot take itself out.
    return register_optimizer_step_pre_hook(look).remove


def check_box_loss_is_learned(
    settings: Any, trainers: Sequence[Any], flag: BoxLossChoice | None = None, stepping: bool = False
) -> None:
    """Raise `InputError` if a box loss was asked for that the last trainer's actor does not learn.

    Args:
        settings: of the run.
        trainers: as in `request_heeded`.
        flag: the command line's box loss.
        stepping: a step is about to be made, so the actor must have computed a loss.
    """
    choice = flag or chosen_box_loss(settings)
    learned = bool(trainers) and learns_box_loss(trainers[-1].actor)
    if choice is None or (learned and (not stepping or was_called(trainers[-1].actor))):
        return
    if learned:
        name = type(trainers[-1]).__name__
        reason = f"not in the step that {name} makes: let it call its own self.actor, and this its box objective"
    elif trainers:
        name = type(trainers[-1]).__name__
        reason = f"not learned by the actor of {name}: call use_box_loss before that is made, and leave it its actor"
    else:
        reason = "trained by no trainer of the engine, which would give it to the actor: derive it from BaseTrainer"
    raise InputError(f"box loss {choice.name}: settings {settings.project_path}: {reason}")
