"""The box loss of a checkout's trackers, exchanged where every settings file passes: at its trainer's construction.

`BaseTrainer.__init__` of the checkout, from which `LTRTrainer` and the trainers of forks derive, is replaced in place,
as an attribute of the class, because settings files import the class by name. The replacement hands the actor to
`siou_tracking.retrain`, which also gives the run a folder of its own before the trainer derives its folders from it,
and leaves the rest to the original. `train`, which would swallow every error ten times and end with exit status 0, lets
errors through; where it begins a box loss is still given that a settings file asked for after it made the trainer.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from siou_tracking.bridge.checkout import LAYOUTS
from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.run.divergence import stop_when_diverged
from siou_tracking.bridge.run.trainer_hook import TrainerHook
from siou_tracking.bridge.run_start import find_start, train_call
from siou_tracking.bridge.standins.checkpoints import checkpoint_loading
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.name_owners import is_owned
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.retrain import NO_OPTIONS, BoxLossChoice, set_box_loss
from siou_tracking.retrain.first_step import before_first_step, check_box_loss_is_learned


@contextlib.contextmanager
def retargeting(layout: Layout, flag: BoxLossChoice | None = None) -> Iterator[None]:
    """Train the checkout, whose session is open, with the box loss asked for.

    Nothing is replaced unless there is one. On exit the checkout's classes are as they were, also after an error.

    Args:
        layout: of the checkout.
        flag: the command line's; else a settings file may ask for one, by calling `use_box_loss`.
    """
    hook = TrainerHook(_trainer_class(layout), _letting_errors_through, flag)
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
    **params: float | str,
) -> None:
    """Train with the box loss called `name`: one line in a settings file's `run(settings)`, before it trains.

        from siou_tracking import use_box_loss

        def run(settings):
            use_box_loss(settings, "smooth_iou")

    Works under `siou-tracking train`, with the embedded engine and with a checkout, and when the checkout's own
    `run_training.py` started the training. What the command line names wins over it. The run gets a folder of its own
    (`_<name>` is appended to its project path), errors end it, and it continues only a run of the same box loss.

    Args:
        settings: of the run, as `run` got them.
        name: one of `siou_tracking.available_box_losses()`, a sum such as "2*giou+5*l1", or module:function.
        sharpness: of smooth_iou; by default 256 for a head that regresses boxes, 32 for one that learns a score, 4 for
            one that learns a density.
        divergence: of smooth_iou, "bhattacharyya" or "kl".
        weight: factor on the box term instead of the settings file's own.
        params: others of the loss, such as `alpha=2` of alpha_iou.

    Raises:
        InputError: unknown name, a parameter this loss does not have, a value it does not allow, or settings that are
            neither the embedded engine's nor a checkout's.
    """
    set_box_loss(settings, BoxLossChoice.of(name, sharpness, divergence, weight, params))
    if isinstance(settings, Settings):
        return
    if _blocks:
        _blocks[-1].install()
        return
    trainer = _trainer_class(_layout_of(settings))
    hook = next((hook for hook in _for_the_process if hook.trainer is trainer), None)
    if hook is None:
        hook = TrainerHook(trainer, _on_its_own)
        _for_the_process.append(hook)
    hook.install()
    _require_before_first_step(settings, hook)


def _require_before_first_step(settings: Any, hook: TrainerHook) -> None:
    """Where a checkout's own `run_training.py` runs, this package sees no end of the run, but its first step."""
    waiting = [weakref.ref(settings)]  # settings whose run ended without a step say nothing about the next run's

    def check() -> None:
        own = waiting.pop()() if waiting else None  # once: what else the process trains after an error is not this run
        if own is not None:
            trainers = [one for made in hook.trainers if (one := made()) is not None and one.settings is own]
            check_box_loss_is_learned(own, trainers, stepping=True)

    before_first_step(check)


_blocks: list[TrainerHook] = []
_for_the_process: list[TrainerHook] = []


def _letting_errors_through(original: Callable[..., None]) -> Callable[..., None]:
    """For a run of ours, which brings the rest itself."""

    @functools.wraps(original)
    def train(self: Any, *args: Any, **kwargs: Any) -> None:
        call = train_call(original, self, args, kwargs)
        original(*call.args, **call.kwargs)

    return train


def _on_its_own(original: Callable[..., None]) -> Callable[..., None]:
    """For a run of the checkout's own: also continues only what was trained likewise, and reads it with any torch."""

    @functools.wraps(original)
    def train(self: Any, *args: Any, **kwargs: Any) -> None:
        call = train_call(original, self, args, kwargs)
        patches = Patches()
        loading = checkpoint_loading(type(self.settings).__module__.removesuffix(".admin.settings"))
        if loading is not None and loading.apply is not None:
            loading.apply(patches)
        try:
            if self.epoch == 0:
                find_start(self, call.arguments, NO_OPTIONS, None)
            if self.epoch < call.arguments["max_epochs"]:
                stop_when_diverged(self)
                call.arguments["load_latest"] = False
                original(*call.args, **call.kwargs)
        finally:
            patches.undo()

    return train


def _layout_of(settings: Any) -> Layout:
    """The layout of the checkout whose class the settings are of; PyTracking's for any other."""
    module = type(settings).__module__
    return next((one for one in LAYOUTS if module.startswith(f"{one.training}.")), LAYOUTS[0])


def _trainer_class(layout: Layout) -> type:
    """`BaseTrainer` of the checkout that the layout's training package means here."""
    try:
        module = importlib.import_module(layout.trainer)
    except ModuleNotFoundError as error:
        if not is_owned(error.name or "", (layout.training.partition(".")[0],)):
            raise
        raise InputError(
            f"box loss: settings: no training package is importable as '{layout.training}' ({error}): allowed are the "
            "settings that a checkout's run_training.py or siou-tracking train hands to run(settings)"
        ) from None
    if module.__name__ != layout.trainer:
        raise InputError("box loss: settings: got settings of another engine while the embedded engine is in use")
    trainer: type = module.BaseTrainer
    return trainer
