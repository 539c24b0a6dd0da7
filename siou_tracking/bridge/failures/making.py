"""What a checkout's code raises while a tracker of it is made, told as an error in the input."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from siou_tracking.bridge.failures.imports import explain_import
from siou_tracking.errors import InputError


@contextlib.contextmanager
def blame_on(what: str) -> Iterator[None]:
    """What the checkout's code raises inside the block is an input error that says what raised it."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if needed := explain_import(error):
            raise InputError(f"{what} {needed}") from error
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        raise InputError(f"{what} raises {reason}") from error
