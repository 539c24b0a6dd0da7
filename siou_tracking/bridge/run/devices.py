"""The device of a run of a checkout whose code says `.cuda()`, which means the current GPU, about everything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.standins.cuda.absent import stay_on_the_cpu
from siou_tracking.bridge.supply.patches import Patches


@contextlib.contextmanager
def device_in_force(layout: Layout, name: str | None) -> Iterator[None]:
    """Inside the block that GPU is the current one which was asked for, or none is where the CPU was.

    Args:
        layout: of the checkout.
        name: of the device; None leaves it to the checkout.
    """
    if layout.names_devices or name is None or not torch.cuda.is_available():
        yield
        return
    device, patches = torch.device(name), Patches()
    if device.type == "cpu":
        stay_on_the_cpu(patches)
    try:
        with torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext():
            yield
    finally:
        patches.undo()
