"""The embedded engine's guard against losses and weights that are not finite, around a checkout's trainer.

A checkout's own code trains on with NaN and files it. Seen from outside: the loss where its actor returns it, the
weights before its trainer writes a checkpoint.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any  # a checkout's trainers and actors, whose classes are not known here

import torch

from siou_tracking.bridge.run.going_on import stop_if_asked
from siou_tracking.bridge.run_start import checkpoint_folder, newest_checkpoint
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.ltr.trainers.divergence import LossGuard, TrainingDiverged, check_network
from siou_tracking.ltr.trainers.step.failed import StepMemory, file_failed_step
from siou_tracking.retrain.actor_wrappers import extend


def stop_when_diverged(trainer: Any) -> None:
    """Let `trainer` end with `TrainingDiverged` instead of training or filing what is not finite.

    Only this one trainer is changed, once. As in the embedded engine a device is not waited for at each step: losses on
    one are looked at every `print_interval` steps and before a checkpoint.
    """
    if not hasattr(trainer, "loss_watch"):
        trainer.loss_watch = _LossWatch(trainer)
        trainer.save_checkpoint = _checking_first(trainer, trainer.save_checkpoint)
    if not hasattr(trainer.actor, "loss_watch"):
        trainer.actor = extend(trainer.actor, _watching(type(trainer.actor)), loss_watch=trainer.loss_watch)


def _checking_first(trainer: Any, save: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(save)
    def save_checkpoint(*args: Any, **options: Any) -> Any:
        trainer.loss_watch.look()
        check_network(unwrap(trainer.actor.net), trainer.epoch, newest_checkpoint(trainer))
        return save(*args, **options)

    return save_checkpoint


def _watching(own: type) -> type:
    """Behavior for `extend`: what a class of actors answers with a loss is shown to `loss_watch`.

    Of calls inside one another the outermost counts. Some trainers call `compute_sequence_losses`, never the actor.
    """

    def watching(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(self: Any, *args: Any, **options: Any) -> Any:
            with self.loss_watch.outermost() as counts:
                memory = self.loss_watch.remember(args[0]) if counts and args else None
                result = method(self, *args, **options)
            loss, stats = result if isinstance(result, tuple) and len(result) == 2 else (result, {})
            if counts and isinstance(loss, torch.Tensor) and loss.numel() == 1:
                self.loss_watch.add(loss.detach(), stats if isinstance(stats, Mapping) else {}, memory)
            return result

        return call

    names = [name for name in dir(own) if name == "__call__" or re.fullmatch(r"compute_\w*loss(es)?", name)]
    return type("Watched", (), {name: watching(getattr(own, name)) for name in names})


class _LossWatch:
    """A `LossGuard` for each pass of a trainer over one of its loaders."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer
        self.passes: tuple[int, bool] | None = None
        self.step = 0
        self.guard: LossGuard | None = None
        self.depth = 0

    @contextlib.contextmanager
    def outermost(self) -> Iterator[bool]:
        """Tells whether the block is inside no other."""
        self.depth += 1
        try:
            yield self.depth == 1
        finally:
            self.depth -= 1

    def remember(self, data: Any) -> StepMemory:
        """What a step begins with."""
        return StepMemory(data, torch.device(getattr(self.trainer, "device", None) or "cpu"))

    def add(self, loss: torch.Tensor, stats: Any, memory: StepMemory | None = None) -> None:
        """Count the loss of a step.

        Args:
            memory: what it began with, for a file that makes it again where it diverged; None without a batch.
        """
        current = self.trainer.epoch, torch.is_grad_enabled()
        if self.guard is None or current != self.passes:
            self.look()
            self.passes, self.step = current, 0
            self.guard = LossGuard(self._loader(), current[0], loss.device, newest_checkpoint(self.trainer))
        self.step += 1
        interval = getattr(self.trainer.settings, "print_interval", None) or 10
        try:
            self.guard.add(loss, stats, self.step, look=self.step % interval == 0)
        except TrainingDiverged as error:
            if memory is None or not memory.batch:
                raise
            where = self._loader(), self.step, torch.is_grad_enabled()
            folder = checkpoint_folder(self.trainer.settings)
            raise file_failed_step(error, memory, self.trainer, folder, where) from None
        stop_if_asked(self.trainer)

    def look(self) -> None:
        """Look at what was counted since the last look."""
        if self.guard is not None:
            self.guard.look()

    def _loader(self) -> str:
        """The name of the loader that this pass is over: a trainer does not tell, but few have two of a kind."""
        training = torch.is_grad_enabled()
        names = [one.name for one in self.trainer.loaders if getattr(one, "training", None) == training]
        return ", ".join(names) or ("train" if training else "val")
