"""How the command line reaches loaders and trainers that a settings file makes itself, with literals.

Their constructors ask `active_request()`: a value given on the command line wins over the literal, and outside
`request_active(...)` the file's own numbers hold.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

from siou_tracking.retrain.request import NO_OPTIONS, TrainRequest

_active: contextvars.ContextVar[TrainRequest] = contextvars.ContextVar("active_request", default=NO_OPTIONS)


def active_request() -> TrainRequest:
    """The request of the training that is being set up or runs here; one without options outside any."""
    return _active.get()


@contextlib.contextmanager
def request_active(request: TrainRequest) -> Iterator[None]:
    """Let `request` replace a settings file's literals inside the block."""
    token = _active.set(request)
    try:
        yield
    finally:
        _active.reset(token)
