"""--amp, --accumulate and --compile for a checkout's trainer, whose loop stays as it is."""

from __future__ import annotations

from typing import Any  # a checkout's trainers, whose classes are not known here

import torch

from siou_tracking.bridge.run_start import newest_checkpoint
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.trainers.step.options import apply_step_options, refuse_own_steps, restore_scaler, scaler_state
from siou_tracking.retrain.request import TrainRequest


def set_steps(trainer: Any, request: TrainRequest) -> None:
    """Let a trainer that has not trained yet make the steps that `request` asks for, and file its scaler's state.

    Raises:
        InputError: it scales or accumulates by itself, or this machine cannot do what is asked for.
    """
    if not request.step_options():
        return
    refuse_own_steps(trainer, request)
    trainer.actor = apply_step_options(
        trainer.actor,
        trainer.optimizer,
        trainer.loaders,
        request,
        torch.device(trainer.device),
        lambda: newest_checkpoint(trainer),
    )
    if scaler_state(trainer.actor) is None:
        return
    save = trainer.save_checkpoint

    def save_with_scaler(*args: Any, **options: Any) -> Any:
        trainer.settings.grad_scaler_state = scaler_state(trainer.actor)  # the checkpoint carries the settings
        return save(*args, **options)

    trainer.save_checkpoint = save_with_scaler


def continue_scaler(trainer: Any) -> None:
    """Let the gradient scaler of a trainer that goes on from its newest checkpoint do so too, if it has one."""
    path = newest_checkpoint(trainer)
    if path is not None and scaler_state(trainer.actor) is not None:
        restore_scaler(trainer.actor, read_checkpoint(path))
