"""Workers of data loaders: a process started afresh would lack the stand-ins and the checkout's modules.

Forked workers have them. Where forking is not the default it is chosen, on Linux; elsewhere batches are prepared in the
training process.
"""

from __future__ import annotations

import functools
import inspect
import multiprocessing
import sys
from collections.abc import Callable
from typing import Any

from torch.utils.data import DataLoader

from siou_tracking.bridge.standins.component import StandIn
from siou_tracking.bridge.standins.patches import Patches


def loader_workers() -> StandIn | None:
    """Makes every loader of the session fork its workers, or have none."""
    method = multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_context().get_start_method()
    if method == "fork":
        return None
    forks = sys.platform == "linux" and "fork" in multiprocessing.get_all_start_methods()

    def apply(patches: Patches) -> None:
        patches.set(DataLoader, "__init__", _changed(DataLoader.__init__, _forking if forks else _alone))

    consequence = "they are forked" if forks else "batches are prepared in the training process: workers 0"
    return StandIn("loader workers", f"started by {method}, without the stand-ins", consequence, "", apply=apply)


def _forking(options: dict[str, Any]) -> None:
    if options["num_workers"] and options["multiprocessing_context"] is None:
        options["multiprocessing_context"] = "fork"


def _alone(options: dict[str, Any]) -> None:
    if options["num_workers"]:
        options.update(num_workers=0, timeout=0)
        if "prefetch_factor" in options:
            options.update(prefetch_factor=None, persistent_workers=False)


def _changed(init: Callable[..., None], change: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """`init` with arguments that `change` has gone over."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def start(self: DataLoader, *args: Any, **options: Any) -> None:
        bound = signature.bind(self, *args, **options)
        bound.apply_defaults()
        change(bound.arguments)
        init(*bound.args, **bound.kwargs)

    return start
