"""Errors while a checkout draws a training sample, with the data set, the sequence and the image that they are about.

A sampler of a checkout draws and crops in a loader's worker. What goes wrong there names no file, and where a data set
has no sequence that can be used it looks for one for ever. The kin's go further: they take any error for a sample that
did not work out and draw the next, so that a wrong layout or a key pressed to end the run is never heard of.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import FunctionType
from typing import Any  # samplers and data sets of a checkout

from siou_tracking.bridge.failures.drawing import DrawingWatch, GivenUp
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError


def name_samples(training: str, patches: Patches, explain: Callable[[Exception], InputError | None]) -> None:
    """Make every sampler of the checkout say what it was drawing when something went wrong.

    Those of its `data.sampler`, and those of loaders that a trainer is given, wherever they come from.

    Args:
        training: the checkout's training package.
        patches: that the session undoes.
        explain: an error in one line, or None where it cannot be told.
    """
    samplers = _Samplers(patches, explain)
    for cls in vars(importlib.import_module(f"{training}.data.sampler")).values():
        if isinstance(cls, type) and "__getitem__" in vars(cls):
            samplers.watch(cls)
    trainer = importlib.import_module(f"{training}.trainers.base_trainer").BaseTrainer
    patches.set(trainer, "__init__", samplers.watching_loaders(vars(trainer)["__init__"]))


class _Samplers:
    """The classes of samplers, and of what crops for them, that tell of their work."""

    def __init__(self, patches: Patches, explain: Callable[[Exception], InputError | None]) -> None:
        self.patches, self.explain = patches, explain
        self.drawing = DrawingWatch()
        self.watched: set[type] = set()

    def watching_loaders(self, original: Callable[..., None]) -> Callable[..., None]:
        """`__init__` of a trainer that looks at its loaders' samplers."""

        @functools.wraps(original)
        def __init__(trainer: Any, actor: Any, loaders: Any, *args: Any, **options: Any) -> None:
            for loader in loaders:
                sampler = getattr(loader, "dataset", None)
                if getattr(sampler, "datasets", None) is not None:
                    self.watch(type(sampler))
                    self.watch_processing(type(getattr(sampler, "processing", None)))
            original(trainer, actor, loaders, *args, **options)

        return __init__

    def watch(self, cls: type) -> None:
        """Let a class of samplers, where it has a `__getitem__` of its own, tell what it draws."""
        for owner in cls.__mro__:
            if "__getitem__" in vars(owner) and owner.__module__.partition(".")[0] != "torch":
                if owner not in self.watched:
                    self.watched.add(owner)
                    self.patches.set(owner, "__getitem__", self._named(vars(owner)["__getitem__"]))
                return

    def watch_processing(self, cls: type) -> None:
        """Let what crops a sample tell of its errors, which samplers swallow."""
        owner = next((one for one in cls.__mro__ if "__call__" in vars(one)), None)
        if owner is None or owner in self.watched or owner.__module__.partition(".")[0] == "torch":
            return
        if isinstance(call := vars(owner)["__call__"], FunctionType):
            self.watched.add(owner)
            self.patches.set(owner, "__call__", self.drawing.processing(call))

    def _named(self, original: Callable[[Any, int], Any]) -> Callable[[Any, int], Any]:
        drawing = self.drawing

        @functools.wraps(original)
        def __getitem__(sampler: Any, index: int) -> Any:
            drawing.begin(getattr(sampler, "datasets", ()))
            try:
                sample = original(sampler, index)
            except InputError:
                raise
            except (Exception, GivenUp) as error:
                if isinstance(error, IndexError) and index >= len(sampler):  # which ends a loop over the sampler
                    raise
                cause = error.reason if isinstance(error, GivenUp) else error
                raise self._told(cause) from cause
            if drawing.over is not None:
                raise self._told(drawing.over) from drawing.over
            return sample

        return __getitem__

    def _told(self, cause: BaseException) -> BaseException:
        """What to raise for what ended the search for a sample."""
        drawing = self.drawing
        if not isinstance(cause, Exception) or (isinstance(cause, InputError) and not drawing.failures):
            return cause
        told = cause if isinstance(cause, InputError) else self.explain(cause)
        reason = told or f"{type(cause).__name__}: {' '.join(str(cause).split())}"
        return InputError(f"{drawing.describe()}{drawing.describe_failures()}: {reason}")
