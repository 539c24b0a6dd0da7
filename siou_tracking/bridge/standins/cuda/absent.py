"""No GPU: what a checkout moves to one stays where it is, and what it tells one to do is not done.

A checkout of the kin says `.cuda()`, "cuda" and `torch.cuda.synchronize()` wherever it is about tensors, whatever its
settings say. Where torch finds a GPU nothing here is done.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable
from typing import Any  # arguments of torch's functions, passed on

import torch
from torch.nn.parallel import DistributedDataParallel

from siou_tracking.bridge.standins.cuda.names import call_cuda_the_cpu
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.patches import Patches

_DO_NOTHING = ("set_device", "synchronize", "empty_cache", "init", "ipc_collect", "reset_peak_memory_stats")


class Event:
    """A moment in the queue of a GPU: here the moment at which it is recorded."""

    def __init__(self, *args: object, **options: object) -> None:
        self.moment = time.perf_counter()

    def record(self, stream: object = None) -> None:
        """Note the time."""
        self.moment = time.perf_counter()

    def synchronize(self) -> None:
        """Nothing is waited for."""

    def query(self) -> bool:
        """It is over."""
        return True

    def elapsed_time(self, end: Event) -> float:
        """Milliseconds from here to `end`."""
        return 1000 * (end.moment - self.moment)


def no_gpu(sources: Sources) -> StandIn | None:
    """What the kin ask of a GPU. PyTracking's own settings and parameters can be told to use none."""
    if torch.cuda.is_available() or sources.is_original:
        return None
    return StandIn("GPU", "none on this machine", "all that is sent to one stays on the CPU", "", apply=keep_on_cpu)


def keep_on_cpu(patches: Patches) -> None:
    """Let nothing go to a GPU until `patches` are undone."""
    for owner in (torch.Tensor, torch.nn.Module):
        patches.set(owner, "cuda", _stay)
    for name in _DO_NOTHING:
        patches.set(torch.cuda, name, _make_nothing(name))
    patches.set(torch.cuda, "current_device", lambda: 0)
    patches.set(torch.cuda, "device", contextlib.nullcontext)
    patches.set(torch.cuda, "Event", Event)
    patches.set(DistributedDataParallel, "__init__", _without_devices(DistributedDataParallel.__init__))
    call_cuda_the_cpu(patches)
    patches.then(_forget_names)


def _stay(self: Any, *args: object, **options: object) -> Any:
    return self


def _make_nothing(name: str) -> Callable[..., None]:
    """A function of its own for each name, for torch's compiler keeps rules by function."""

    def nothing(*args: object, **options: object) -> None:
        return None

    nothing.__name__ = name
    return nothing


def _forget_names() -> None:
    """torch's compiler looks its functions up once, by name, and may have done so meanwhile."""
    rules = sys.modules.get("torch._dynamo.trace_rules")
    for function in vars(rules).values() if rules else ():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


def _without_devices(init: Callable[..., None]) -> Callable[..., None]:
    """A wrapper of networks that is told which GPU is its own; the class stays what isinstance asks for."""

    @functools.wraps(init)
    def __init__(
        self: Any, module: Any, device_ids: object = None, output_device: object = None, *args: Any, **options: Any
    ) -> None:
        init(self, module, None, None, *args, **options)

    return __init__
