"""The two methods of a checkout's trainer in which its actor gets a box loss, replaced and put back."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any  # a checkout's trainers and actors, whose classes are not known here

from siou_tracking.bridge.run.curves import refile_curves
from siou_tracking.bridge.run.logs import rename_log
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.retrain import BoxLossChoice, retarget

logger = get_logger(__name__)


class TrainerHook:
    """The two methods of one checkout's trainer that are replaced.

    Args:
        trainer: its `BaseTrainer`.
        train: makes the replacement of `train` from the original.
        flag: the command line's box loss.
    """

    def __init__(
        self,
        trainer: type,
        train: Callable[[Callable[..., None]], Callable[..., None]],
        flag: BoxLossChoice | None = None,
    ) -> None:
        self.trainer = trainer
        self.train = train
        self.flag = flag
        self.trainers: list[weakref.ref[Any]] = []
        self.replaced: list[tuple[str, Any, Any]] = []

    def install(self) -> None:
        """Replace the methods, once."""
        if self.replaced:
            return
        self._replace("__init__", self._init_with_box_loss)
        self._replace("train", self._train_with_box_loss)

    def remove(self) -> None:
        """Put back what is still replaced: an enclosing block may have ended earlier and restored its own originals."""
        for name, original, ours in self.replaced:
            if vars(self.trainer).get(name) is ours:
                setattr(self.trainer, name, original)
        self.replaced = []

    def _replace(self, name: str, make: Callable[[Any], Any]) -> None:
        original = vars(self.trainer)[name]
        ours = make(original)
        setattr(self.trainer, name, ours)
        self.replaced.append((name, original, ours))

    def _init_with_box_loss(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def __init__(
            trainer: Any, actor: Any, loaders: Any, optimizer: Any, settings: Any, *args: Any, **options: Any
        ) -> None:
            actor = self._learn(actor, settings, loaders)
            original(trainer, actor, loaders, optimizer, settings, *args, **options)
            self.trainers.append(weakref.ref(trainer))

        return __init__

    def _train_with_box_loss(self, original: Callable[..., None]) -> Callable[..., None]:
        train = self.train(original)

        @functools.wraps(original)
        def train_with_box_loss(trainer: Any, *args: Any, **kwargs: Any) -> None:
            before = trainer.settings.project_path
            actor = self._learn(trainer.actor, trainer.settings, trainer.loaders)
            if trainer.epoch > 0 and actor is not trainer.actor:
                raise InputError(
                    f"box loss {trainer.settings.box_loss}: asked for after epoch {trainer.epoch} was trained without "
                    "it: call use_box_loss before the trainer is made"
                )
            trainer.actor = actor
            self.trainers.append(weakref.ref(trainer))
            if trainer.settings.project_path != before:
                refile_curves(trainer, before)
            train(trainer, *args, **kwargs)

        return train_with_box_loss

    def _learn(self, actor: Any, settings: Any, loaders: Any) -> Any:
        """The actor that learns the box loss asked for, if any."""
        before, path = getattr(settings, "box_loss_choice", None), settings.project_path
        choice, actor = retarget(actor, settings, loaders, self.flag)
        rename_log(settings, path)
        if choice is not None and choice.stored() != before:
            settings.box_loss_choice = choice.stored()  # the checkpoint carries the settings
            logger.info(choice.announcement(type(actor).__name__))
        return actor
