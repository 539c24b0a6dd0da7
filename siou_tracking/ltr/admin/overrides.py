"""What the command line changes in a settings file without editing it.

A settings file builds its loaders and trainer itself, with literals. Those constructors ask `current()`, so a value
given on the command line wins over the literal, and outside `override(...)` the file's own numbers hold.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Overrides:
    """Values that replace a settings file's own; None leaves the file's value."""

    epochs: int | None = None
    """Number of epochs that `trainer.train` runs to."""
    samples_per_epoch: int | None = None
    """Training samples per epoch; a validation set takes a quarter of it, never more than it has."""
    batch_size: int | None = None
    workers: int | None = None
    device: str | None = None
    """A torch device name such as "cpu" or "cuda:0"."""
    resume: bool | None = None
    """True continues from the latest checkpoint, False starts afresh and moves an earlier run aside, None does what
    the settings file says."""
    weights: Path | None = None
    """A checkpoint whose network a run starts from."""
    box_loss: str | None = None
    box_loss_params: Mapping[str, float | str] = dataclasses.field(default_factory=dict)
    """Parameters of `box_loss`, such as sharpness."""


_NONE = Overrides()
_current: contextvars.ContextVar[Overrides] = contextvars.ContextVar("overrides", default=_NONE)


def current() -> Overrides:
    """The overrides in force here."""
    return _current.get()


@contextlib.contextmanager
def override(values: Overrides) -> Iterator[None]:
    """Put `values` in force inside the block."""
    token = _current.set(values)
    try:
        yield
    finally:
        _current.reset(token)
