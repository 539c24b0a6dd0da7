"""The box loss of a checkout's trackers, exchanged where every settings file passes: at its trainer's construction.

`LTRTrainer.__init__` of the checkout is replaced in place, as an attribute of the class, because settings files import
the class by name. The replacement hands the actor to `siou_tracking.retrain`, which also gives the run a folder of its
own before the trainer derives its folders from it, and leaves the rest to the original. `train`, which would swallow
every error ten times and end with exit status 0, lets errors through.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterator
from typing import Any

from siou_tracking.bridge.run_start import find_start
from siou_tracking.bridge.standins.checkpoints import checkpoint_loading
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.retrain import NO_OPTIONS, BoxLossChoice, retarget, set_box_loss

logger = get_logger(__name__)

_TRAINER = "ltr.trainers.ltr_trainer"


@contextlib.contextmanager
def retargeting(flag: BoxLossChoice | None = None) -> Iterator[None]:
    """Train the checkout, whose session is open, with the box loss asked for.

    Nothing is replaced unless there is one. On exit the checkout's classes are as they were, also after an error.

    Args:
        flag: the command line's; else a settings file may ask for one, by calling `use_box_loss`.
    """
    hook = _Hook(_trainer_class(), _letting_errors_through, flag)
    _blocks.append(hook)
    try:
        if flag is not None:
            hook.install()
        yield
    finally:
        _blocks.remove(hook)
        hook.remove()


def use_box_loss(
    settings: Any,
    name: str,
    sharpness: float | None = None,
    divergence: str | None = None,
    weight: float | None = None,
) -> None:
    """Train with the box loss called `name`: one line in a settings file's `run(settings)`, before its trainer is made.

        from siou_tracking import use_box_loss

        def run(settings):
            use_box_loss(settings, "smooth_iou")

    Works under `siou-tracking train`, with the embedded engine and with a checkout, and when the checkout's own
    `run_training.py` started the training. What the command line names wins over it. The run gets a folder of its own
    (`_<name>` is appended to its project path), errors end it, and it continues only a run of the same box loss.

    Args:
        settings: of the run, as `run` got them.
        name: one of `siou_tracking.available_box_losses()`.
        sharpness: of smooth_iou; by default 4 for a head that predicts scores or densities, 32 for one that regresses
            boxes.
        divergence: of smooth_iou, "bhattacharyya" or "kl".
        weight: factor on the box term instead of the settings file's own.

    Raises:
        InputError: unknown name, a parameter this loss does not have, a value it does not allow, or settings that are
            neither the embedded engine's nor a checkout's.
    """
    set_box_loss(settings, BoxLossChoice.of(name, sharpness, divergence, weight))
    if isinstance(settings, Settings):
        return
    if _blocks:
        _blocks[-1].install()
        return
    trainer = _trainer_class()
    if not any(hook.trainer is trainer for hook in _for_the_process):
        _for_the_process.append(_Hook(trainer, _on_its_own))
        _for_the_process[-1].install()


class _Hook:
    """The two methods of one checkout's trainer that are replaced.

    Args:
        trainer: its `LTRTrainer`.
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
        self.replaced: list[tuple[type, str, Any, Any]] = []

    def install(self) -> None:
        """Replace the methods, once."""
        if self.replaced:
            return
        trains = next(cls for cls in self.trainer.__mro__ if "train" in vars(cls))
        self._replace(self.trainer, "__init__", functools.partial(_with_box_loss, flag=self.flag))
        self._replace(trains, "train", self.train)

    def remove(self) -> None:
        """Put back what is still replaced: an enclosing block may have ended earlier and restored its own originals."""
        for owner, name, original, ours in self.replaced:
            if vars(owner).get(name) is ours:
                setattr(owner, name, original)
        self.replaced = []

    def _replace(self, owner: type, name: str, make: Callable[[Any], Any]) -> None:
        original = vars(owner)[name]
        ours = make(original)
        setattr(owner, name, ours)
        self.replaced.append((owner, name, original, ours))


_blocks: list[_Hook] = []
_for_the_process: list[_Hook] = []


def _with_box_loss(original: Callable[..., None], flag: BoxLossChoice | None) -> Callable[..., None]:
    @functools.wraps(original)
    def __init__(self: Any, actor: Any, loaders: Any, optimizer: Any, settings: Any, *args: Any, **kwargs: Any) -> None:
        choice, actor = retarget(actor, settings, loaders, flag)
        if choice is not None:
            settings.box_loss_choice = choice.stored()  # the checkpoint carries the settings
            logger.info(choice.announcement(type(actor).__name__))
        original(self, actor, loaders, optimizer, settings, *args, **kwargs)

    return __init__


def _letting_errors_through(original: Callable[..., None]) -> Callable[..., None]:
    """For a run of ours, which brings the rest itself."""

    @functools.wraps(original)
    def train(self: Any, max_epochs: int, load_latest: bool = False, fail_safe: bool = True) -> None:
        original(self, max_epochs, load_latest, fail_safe=False)

    return train


def _on_its_own(original: Callable[..., None]) -> Callable[..., None]:
    """For a run of the checkout's own: also continues only what was trained likewise, and reads it with any torch."""

    @functools.wraps(original)
    def train(self: Any, max_epochs: int, load_latest: bool = False, fail_safe: bool = True) -> None:
        patches = Patches()
        loading = checkpoint_loading()
        if loading is not None and loading.apply is not None:
            loading.apply(patches)
        try:
            if self.epoch == 0:
                find_start(self, load_latest, NO_OPTIONS, None)
            if self.epoch < max_epochs:
                original(self, max_epochs, load_latest=False, fail_safe=False)
        finally:
            patches.undo()

    return train


def _trainer_class() -> type:
    """`LTRTrainer` of the checkout that `ltr` means here."""
    try:
        module = importlib.import_module(_TRAINER)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ltr":
            raise
        raise InputError(
            f"box loss: settings: no PyTracking training package is importable as 'ltr' ({error}): allowed are the "
            "settings that a checkout's run_training.py or siou-tracking train hands to run(settings)"
        ) from None
    if module.__name__ != _TRAINER:
        raise InputError("box loss: settings: got settings of another engine while the embedded engine is in use")
    return module.LTRTrainer
