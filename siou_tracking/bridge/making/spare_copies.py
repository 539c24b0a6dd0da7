"""A tracker that was made before in the same session, copied instead of made again.

Building a large network and reading its file takes seconds, and every sequence gets a tracker of its
own. A copy of one that has seen no frame is as good as one that is made.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar  # a checkout's tracker

from torch import nn

T = TypeVar("T")


class SpareCopies:
    """What one session keeps: of everything that was asked for twice, one that nobody uses."""

    def __init__(self) -> None:
        self._asked: set[Hashable] = set()
        self._kept: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], T], inner: Callable[[T], Any]) -> T:
        """A fresh one of `key`: a copy of the kept one, else made.

        The first is not kept, for most programs need one only.

        Args:
            key: everything that it depends on.
            make: makes it.
            inner: the tracker in what was made, which is looked at for what a copy would share.
        """
        if key in self._kept:
            kept: T = copy.deepcopy(self._kept[key])
            return kept
        made = make()
        if key in self._asked and not _may_share(inner(made)):
            try:
                self._kept[key] = copy.deepcopy(made)
            except Exception:  # whatever cannot be copied is made each time
                self._asked.discard(key)
        else:
            self._asked.add(key)
        return made


def file_stamp(path: Path | None) -> Hashable:
    """What tells a file from another that takes its place."""
    if path is None:
        return None
    status = path.stat()
    return str(path), status.st_mtime_ns, status.st_size


def _may_share(tracker: Any) -> bool:
    """Whether a copy of a tracker might still use the original: by a hook of its network, or a function it made."""
    networks = [value for value in vars(tracker).values() if isinstance(value, nn.Module)]
    modules = [module for network in networks for module in network.modules()]
    if any(module._forward_hooks or module._forward_pre_hooks for module in modules):
        return True
    held = [value for owner in (tracker, *modules) for value in vars(owner).values()]
    return any(isinstance(value, FunctionType) and value.__closure__ for value in held)
