"""Workers of data loaders: a process started afresh would lack the stand-ins and the checkout's modules.

Forked workers have them. Where forking is not the default it is chosen, on Linux; elsewhere, where it is missing or
not safe, batches are prepared in the training process.
"""

from __future__ import annotations

import functools
import inspect
import multiprocessing
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any  # arguments of torch's loader, passed on

from torch.utils.data import DataLoader

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.untrusted.reading import peek


def loader_workers() -> StandIn | None:
    """Makes every loader of the session fork its workers, or have none."""
    method = multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]
    if method == "fork":
        return None
    forks = sys.platform == "linux"

    def apply(patches: Patches) -> None:
        change = _fork_workers if forks else _drop_workers
        patches.set(DataLoader, "__init__", _change_arguments(DataLoader.__init__, change))

    consequence = "they are forked" if forks else "batches are prepared in the training process"
    return StandIn("loader workers", f"{method} would start them without the stand-ins", consequence, "", apply=apply)


def unshared_batches(sources: Sources) -> StandIn | None:
    """Lets a loader without workers put its batches together, where the checkout's resizes what only workers have."""
    name = f"{sources.layout.training}.data.loader"
    path = sources.folder(name).with_suffix(".py")
    if b"out.resize_(0)" not in peek(path):
        return None

    def share_always(module: ModuleType, patches: Patches) -> None:
        if hasattr(module, "_check_use_shared_memory"):
            patches.set(module, "_check_use_shared_memory", lambda: True)

    consequence = "they are put together in shared memory as well"
    return StandIn("batches", "not made without workers", consequence, "", after_import={name: share_always})


def _fork_workers(arguments: dict[str, Any]) -> None:
    if arguments["num_workers"] and arguments["multiprocessing_context"] is None:
        arguments["multiprocessing_context"] = "fork"


def _drop_workers(arguments: dict[str, Any]) -> None:
    if arguments["num_workers"]:
        arguments.update(num_workers=0, timeout=0, prefetch_factor=None, persistent_workers=False)


def _change_arguments(init: Callable[..., None], change: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """`init` with arguments that `change` has gone over."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def start(self: DataLoader, *args: Any, **options: Any) -> None:
        bound = signature.bind(self, *args, **options)
        bound.apply_defaults()
        change(bound.arguments)
        init(*bound.args, **bound.kwargs)

    return start
