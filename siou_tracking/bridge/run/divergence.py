"""The embedded engine's guard against losses and weights that are not finite, around a checkout's trainer.

A checkout's own code trains on with NaN and files it. Seen from outside: the loss where its actor returns it, the
weights before its trainer writes a checkpoint.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any  # a checkout's trainers and actors, whose classes are not known here

import torch

from siou_tracking.bridge.run_start import newest_checkpoint
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.ltr.trainers.divergence import LossGuard, check_network
from siou_tracking.retrain.actor_wrappers import extend


def stop_when_diverged(trainer: Any) -> None:
    """Let `trainer` end with `TrainingDiverged` instead of training or filing what is not finite.

    Only this one trainer is changed, once. As in the embedded engine a device is not waited for at each step: losses on
    one are looked at every `print_interval` steps and before a checkpoint.
    """
    if not hasattr(trainer, "loss_watch"):
        trainer.loss_watch = _LossWatch(trainer)
        trainer.save_checkpoint = _checking_first(trainer, trainer.save_checkpoint)
    if not isinstance(trainer.actor, _WatchedActor):
        trainer.actor = extend(trainer.actor, _WatchedActor, loss_watch=trainer.loss_watch)


def _checking_first(trainer: Any, save: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(save)
    def save_checkpoint(*args: Any, **options: Any) -> Any:
        trainer.loss_watch.look()
        check_network(unwrap(trainer.actor.net), trainer.epoch, newest_checkpoint(trainer))
        return save(*args, **options)

    return save_checkpoint


class _WatchedActor:
    """Behavior for `extend`: shows each loss to `loss_watch`."""

    loss_watch: _LossWatch

    def __call__(self, *args: Any, **options: Any) -> Any:
        result = super().__call__(*args, **options)  # type: ignore[misc]  # the actor's own class, see `extend`
        loss, stats = result if isinstance(result, tuple) and len(result) == 2 else (result, {})
        if isinstance(loss, torch.Tensor) and loss.numel() == 1:
            self.loss_watch.add(loss.detach(), stats)
        return result


class _LossWatch:
    """A `LossGuard` for each pass of a trainer over one of its loaders."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer
        self.passes: tuple[int, bool] | None = None
        self.step = 0
        self.guard: LossGuard | None = None

    def add(self, loss: torch.Tensor, stats: Any) -> None:
        """Count the loss of a step."""
        current = self.trainer.epoch, torch.is_grad_enabled()
        if self.guard is None or current != self.passes:
            self.look()
            self.passes, self.step = current, 0
            self.guard = LossGuard(self._loader(), current[0], loss.device, newest_checkpoint(self.trainer))
        self.step += 1
        interval = getattr(self.trainer.settings, "print_interval", None) or 10
        self.guard.add(loss, stats, self.step, look=self.step % interval == 0)

    def look(self) -> None:
        """Look at what was counted since the last look."""
        if self.guard is not None:
            self.guard.look()

    def _loader(self) -> str:
        """The name of the loader that this pass is over: a trainer does not tell, but few have two of a kind."""
        training = torch.is_grad_enabled()
        names = [one.name for one in self.trainer.loaders if getattr(one, "training", None) == training]
        return ", ".join(names) or ("train" if training else "val")
