"""Who answers for the import names `ltr` and `pytracking`: the embedded engine, a checkout, or who was there before.

Only the owner on top of the stack is seen. The modules of the others are kept aside, as the very objects they were, and
come back into `sys.modules` when it is their turn again.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from types import ModuleType

NAMES = ("ltr", "pytracking")


def is_owned(module: str) -> bool:
    """Whether `module` is one of the two packages or a part of them."""
    return module.partition(".")[0] in NAMES


class NameOwner:
    """One party that may own the names.

    Args:
        finder: put first in `sys.meta_path` while this owner is on top; None for what Python finds by itself.
    """

    def __init__(self, finder: MetaPathFinder | None) -> None:
        self.finder = finder
        self.modules: dict[str, ModuleType] = {}

    def _appear(self) -> None:
        if self.finder is not None:
            sys.meta_path.insert(0, self.finder)
        sys.modules.update(self.modules)
        self.modules = {}

    def _step_aside(self) -> None:
        if self.finder is not None:
            sys.meta_path.remove(self.finder)
        self.modules = {name: sys.modules.pop(name) for name in list(sys.modules) if is_owned(name)}


_lock = threading.RLock()
_stack = [NameOwner(None)]


@contextlib.contextmanager
def own_names(owner: NameOwner) -> Iterator[None]:
    """Inside the block `owner` answers for the names.

    Blocks may be nested, of the same owner too, and may end in another order than they began (in threads): the newest
    one that is still open is seen. An owner's modules are forgotten when its last block ends.
    """
    with _lock:
        _change_owner(owner, enter=True)
    try:
        yield
    finally:
        with _lock:
            _change_owner(owner, enter=False)


def _change_owner(owner: NameOwner, *, enter: bool) -> None:
    seen = _stack[-1]
    if enter:
        _stack.append(owner)
    else:
        newest = len(_stack) - 1 - _stack[::-1].index(owner)
        del _stack[newest]
    if _stack[-1] is not seen:
        seen._step_aside()
        _stack[-1]._appear()
    if owner not in _stack:
        owner.modules = {}
