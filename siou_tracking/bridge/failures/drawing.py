"""What a sampler of a checkout is drawing, how often it failed, and the end of a search that finds nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, NoReturn  # data sets of a checkout

import numpy as np
import torch

from siou_tracking.errors import InputError

_DRAWS = 1000
"""Sequences drawn for one sample, at least, before a data set is given up."""
_FAILURES = 100
"""Errors for one sample, one after the other, before the last of them is told."""


class GivenUp(BaseException):
    """Ends a search for a sample through any `except Exception` around it; `reason` is what went wrong."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(str(reason))
        self.reason = reason


class DrawingWatch:
    """What is being drawn in this process: one sample at a time, from data sets whose methods tell of it."""

    def __init__(self) -> None:
        self.watched: dict[int, Any] = {}  # the data sets themselves, for numbers of objects that are gone are reused
        self.dataset, self.sequence, self.draws = "", "", 0
        self.images: list[str] = []
        self.most = (0, 0)
        """Frames that show the target, and all, of the best sequence drawn."""
        self.failures = 0
        self.error: Exception | None = None
        self.over: BaseException | None = None
        self.swallowed = False

    def begin(self, datasets: Iterable[Any]) -> None:
        """Forget the sample before; look at data sets that are new."""
        self.dataset, self.sequence, self.draws, self.images = "", "", 0, []
        self.most = (0, 0)
        self.failures, self.error, self.over, self.swallowed = 0, None, None, False
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

    def describe_failures(self) -> str:
        """How often it went wrong before, where that is why it was given up."""
        return f": {self.failures} draws in a row failed, the last one" if self.failures >= _FAILURES else ""

    def processing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """What crops a sample, its errors remembered whatever becomes of them."""
        noted = self._noting(original)

        @functools.wraps(original)
        def process(cropper: Any, data: Any, *args: Any, **options: Any) -> Any:
            if self.over is not None:
                data["valid"] = True
                return data
            return noted(cropper, data, *args, **options)

        return process

    def _noting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **options: Any) -> Any:
            try:
                return original(*args, **options)
            except GivenUp:
                raise
            except Exception as error:
                self.failures, self.error = self.failures + 1, error
                raise
            except BaseException as interrupt:
                self.over = interrupt
                raise

        return call

    def _end(self, reason: BaseException) -> NoReturn:
        self.over, self.swallowed = reason, True  # which is seen by being called again
        raise GivenUp(reason)

    def _count(self, dataset: Any, original: Callable[..., Any], seq_id: int, *args: Any, **options: Any) -> Any:
        """A draw begins: samplers call this outside of what swallows errors, or where only usual ones are swallowed."""
        if self.swallowed:
            return _blank_sequence()
        if self.over is not None:
            self._end(self.over)
        if self.error is not None and self.failures >= _FAILURES:
            self._end(self.error)
        self._name(dataset, seq_id)
        self.images = []
        self.draws += 1
        if self.draws > max(_DRAWS, 20 * dataset.get_num_sequences()):
            self.failures = 0
            self._end(
                InputError(
                    f"data set '{self.dataset}': none of {self.draws} drawn of its {dataset.get_num_sequences()} "
                    "sequences can be used, allowed is a set with sequences that show their target in enough frames "
                    f"for a sample{self._best()}{self._last_error()}"
                )
            )
        info = original(seq_id, *args, **options)
        visible = info.get("visible") if isinstance(info, dict) else None
        if isinstance(visible, torch.Tensor):
            self.most = max(self.most, (int(visible.sum()), len(visible)))
        return info

    def _best(self) -> str:
        shown, frames = self.most
        return f": at most {shown} of {frames} here" if frames else ""

    def _last_error(self) -> str:
        error = self.error
        return "" if error is None else f"; the last error was {type(error).__name__}: {' '.join(str(error).split())}"

    def _begin_frames(
        self, dataset: Any, original: Callable[..., Any], seq_id: int, frame_ids: Any, *args: Any, **options: Any
    ) -> Any:
        if self.over is not None:
            return _blank_frames(len(frame_ids))
        self._name(dataset, seq_id)
        return self._noting(original)(seq_id, frame_ids, *args, **options)

    def _load(self, original: Callable[[Any], Any], path: Any) -> Any:
        self.images.append(str(path))
        image = original(path)
        if image is None:
            self.failures, self.error = self.failures + 1, InputError("it cannot be read as an image")
        return image

    def _name(self, dataset: Any, seq_id: int) -> None:
        names = getattr(dataset, "sequence_list", None)
        known = isinstance(names, list) and isinstance(seq_id, int) and seq_id < len(names)
        name = dataset.get_name() if hasattr(dataset, "get_name") else type(dataset).__name__
        if (self.dataset, self.sequence) != (name, shown := str(names[seq_id] if known and names else seq_id)):
            self.dataset, self.sequence, self.images = name, shown, []


_BLANK = {
    "bbox": torch.tensor([16.0, 16.0, 32.0, 32.0]),
    "valid": torch.tensor(True),
    "visible": torch.tensor(True),
    "visible_ratio": torch.tensor(1.0),
}
"""Of a frame for a sampler that swallowed the end of its search: it goes on to a sample, which nobody is given."""


def _blank_sequence() -> dict[str, torch.Tensor]:
    return {name: torch.stack([value] * 1000) for name, value in _BLANK.items()}


def _blank_frames(count: int) -> tuple[list[np.ndarray], dict[str, list[torch.Tensor]], dict[str, None]]:
    annotations = {name: [value.clone() for _ in range(count)] for name, value in _BLANK.items()}
    return [np.zeros((64, 64, 3), np.uint8)] * count, annotations, {}
