"""Errors while a checkout draws a training sample, with the data set, the sequence and the image that they are about.

A sampler of a checkout draws and crops in a loader's worker. What goes wrong there names no file, and where a data set
has no sequence that can be used it looks for one for ever.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable
from typing import Any  # samplers and data sets of a checkout

from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError

_DRAWS = 1000
"""Sequences drawn for one sample, at least, before a data set is given up."""


def name_samples(training: str, patches: Patches, explain: Callable[[Exception], InputError | None]) -> None:
    """Make every sampler of the checkout's `data.sampler` say what it was drawing when something went wrong.

    Args:
        training: the checkout's training package.
        patches: that the session undoes.
        explain: an error in one line, or None where it cannot be told.
    """
    watch = _Watch()
    for cls in vars(importlib.import_module(f"{training}.data.sampler")).values():
        if isinstance(cls, type) and "__getitem__" in vars(cls):
            patches.set(cls, "__getitem__", _named(vars(cls)["__getitem__"], watch, explain))


def _named(
    original: Callable[[Any, int], Any], watch: _Watch, explain: Callable[[Exception], InputError | None]
) -> Callable[[Any, int], Any]:
    @functools.wraps(original)
    def __getitem__(self: Any, index: int) -> Any:
        watch.begin(getattr(self, "datasets", ()))
        try:
            return original(self, index)
        except InputError:
            raise
        except Exception as error:
            if isinstance(error, IndexError) and index >= len(self):  # which ends a loop over the sampler
                raise
            reason = explain(error) or f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise InputError(f"{watch.describe()}: {reason}") from error

    return __getitem__


class _Watch:
    """What is being drawn in this process: one sample at a time, from data sets whose methods tell of it."""

    def __init__(self) -> None:
        self.watched: dict[int, Any] = {}  # the data sets themselves, for numbers of objects that are gone are reused
        self.dataset, self.sequence, self.draws = "", "", 0
        self.images: list[str] = []

    def begin(self, datasets: Iterable[Any]) -> None:
        """Forget the sample before; look at data sets that are new."""
        self.dataset, self.sequence, self.draws, self.images = "", "", 0, []
        for dataset in datasets:
            if id(dataset) in self.watched:
                continue
            self.watched[id(dataset)] = dataset
            for method, watched in (("get_sequence_info", self._count), ("get_frames", self._begin_frames)):
                if hasattr(dataset, method):
                    setattr(dataset, method, functools.partial(watched, dataset, getattr(dataset, method)))
            if callable(getattr(dataset, "image_loader", None)):
                dataset.image_loader = functools.partial(self._load, dataset.image_loader)

    def describe(self) -> str:
        """What is being drawn."""
        images = f", image {', '.join(dict.fromkeys(self.images))}" if self.images else ""
        return f"drawing a sample: {self.dataset} {self.sequence}{images}" if self.dataset else "drawing a sample"

    def _count(self, dataset: Any, original: Callable[..., Any], seq_id: int, *args: Any, **options: Any) -> Any:
        self._name(dataset, seq_id)
        self.draws += 1
        if self.draws > max(_DRAWS, 20 * dataset.get_num_sequences()):
            raise InputError(
                f"data set '{self.dataset}': none of {self.draws} drawn of its {dataset.get_num_sequences()} sequences "
                "can be used, allowed is a set with sequences of 20 frames that show their target in enough of them"
            )
        return original(seq_id, *args, **options)

    def _begin_frames(self, dataset: Any, original: Callable[..., Any], seq_id: int, *args: Any, **options: Any) -> Any:
        self._name(dataset, seq_id)
        return original(seq_id, *args, **options)

    def _load(self, original: Callable[[Any], Any], path: Any) -> Any:
        self.images.append(str(path))
        return original(path)

    def _name(self, dataset: Any, seq_id: int) -> None:
        names = getattr(dataset, "sequence_list", None)
        known = isinstance(names, list) and isinstance(seq_id, int) and seq_id < len(names)
        name = dataset.get_name() if hasattr(dataset, "get_name") else type(dataset).__name__
        if (self.dataset, self.sequence) != (name, shown := str(names[seq_id] if known and names else seq_id)):
            self.dataset, self.sequence, self.images = name, shown, []
