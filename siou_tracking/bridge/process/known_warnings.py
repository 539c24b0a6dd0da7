"""Warnings about a checkout's code that nobody who trains or tracks can act on, left out while a session is open."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

_MESSAGES = (
    "torch.meshgrid: in an upcoming release",
    "To get the last learning rate computed by the scheduler",
    "An output with one or more elements was resized",
    "The given NumPy array is not writable",
    "TypedStorage is deprecated",
    "__array__ implementation doesn't accept a copy keyword",
    r"`torch\.cuda\.amp\.(autocast|GradScaler)\(args\.\.\.\)` is deprecated",
    "CUDA is not available or torch_xla is imported. Disabling autocast",
    "torch.cuda.amp.GradScaler is enabled, but CUDA is not available",
    r"Importing from timm\.models\.",
)
"""What today's torch and NumPy say about calls that still do what they did."""


@contextlib.contextmanager
def known_warnings_hidden(root: Path) -> Iterator[None]:
    """Inside the block they are left out; afterwards the filters are as they were.

    Args:
        root: the checkout; Python's remarks on its source, such as on escape sequences, are left out too, which would
            come at every run because no bytecode is kept.
    """
    before = list(warnings.filters)
    for message in _MESSAGES:
        warnings.filterwarnings("ignore", message=message)
    for category in (SyntaxWarning, DeprecationWarning):
        warnings.filterwarnings("ignore", category=category, module=re.escape(str(root)))
    added = [entry for entry in warnings.filters if entry not in before]
    try:
        yield
    finally:
        for entry in added:
            with contextlib.suppress(ValueError):  # gone already, with a filter list that was replaced meanwhile
                if isinstance(warnings.filters, list):  # it always is; its type promises no more than a sequence
                    warnings.filters.remove(entry)
