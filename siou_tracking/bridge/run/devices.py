"""The device of a run of a checkout whose code says `.cuda()`, which means the current GPU, about everything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.standins.cuda.on_device import on_device
from siou_tracking.device import check_device
from siou_tracking.ltr.trainers import distributed


@contextlib.contextmanager
def device_in_force(layout: Layout, name: str | None) -> Iterator[None]:
    """Inside the block that GPU is the current one which was asked for, or none is where the CPU was.

    Under torchrun the current GPU is the process's own, whichever is named.

    Args:
        layout: of the checkout.
        name: of the device; None leaves it to the checkout.

    Raises:
        InputError: no such device.
    """
    named = name is not None and layout.says_cuda and torch.cuda.is_available()
    device = check_device(name) if named and name else None
    if device is None or (device.type == "cuda" and distributed.is_joined()):
        yield
        return
    with on_device(device):
        yield
