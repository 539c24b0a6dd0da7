"""The device that code runs on which says `.cuda()`, whatever is wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from siou_tracking.bridge.standins.cuda.absent import keep_on_cpu
from siou_tracking.bridge.supply.patches import Patches


@contextlib.contextmanager
def on_device(device: torch.device) -> Iterator[None]:
    """Inside the block what is sent to a GPU goes to `device`, to the CPU also where there is a GPU."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            yield
        return
    patches = Patches()
    if torch.cuda.is_available():  # a session without a GPU has seen to it already
        keep_on_cpu(patches)
        patches.set(torch.cuda, "is_available", lambda: False)
    try:
        yield
    finally:
        patches.undo()
