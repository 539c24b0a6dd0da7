"""Who answers for import names such as `ltr`, `pytracking` or `lib`: the embedded engine, a checkout, or who was there.

Of the owners that claim a name only the newest is seen. The modules of the others are kept aside, as the very objects
they were, and come back into `sys.modules` when it is their turn again.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator
from importlib.abc import MetaPathFinder
from types import ModuleType

NAMES = frozenset({"ltr", "pytracking"})
"""The two packages of PyTracking, which the embedded engine answers for."""


class NameOwner:
    """One party that may own names.

    Args:
        finder: put first in `sys.meta_path` while this owner is seen; None for what Python finds by itself.
        names: top-level packages and modules that it answers for.
    """

    def __init__(self, finder: MetaPathFinder | None, names: Iterable[str] = NAMES) -> None:
        self.finder = finder
        self.names = frozenset(names)
        self.modules: dict[str, ModuleType] = {}

    def _appear(self) -> None:
        if self.finder is not None:
            sys.meta_path.insert(0, self.finder)
        _put_back(self, self.names)

    def _step_aside(self) -> None:
        if self.finder is not None:
            sys.meta_path.remove(self.finder)
        _put_aside(self, self.names)


def is_owned(module: str, names: Iterable[str] = NAMES) -> bool:
    """Whether `module` is one of the packages called `names`, or a part of one."""
    return module.partition(".")[0] in names


def claimed_names() -> frozenset[str]:
    """The packages that someone here answers for now."""
    return _claimed(_seen_owners())


_lock = threading.RLock()
_stack: list[NameOwner] = []
_before = NameOwner(None, ())
"""Holds the modules of whoever had a name before anyone here claimed it."""


@contextlib.contextmanager
def own_names(owner: NameOwner) -> Iterator[None]:
    """Inside the block `owner` answers for its names.

    Blocks may be nested, of the same owner too, and may end in another order than they began (in threads): the newest
    one that is still open is seen. An owner one of whose names a newer one claims is not seen at all. An owner's
    modules are forgotten when its last block ends.
    """
    with _lock:
        _change_owner(owner, enter=True)
    try:
        yield
    finally:
        with _lock:
            _change_owner(owner, enter=False)


def _change_owner(owner: NameOwner, *, enter: bool) -> None:
    seen = _seen_owners()
    if enter:
        _stack.append(owner)
    else:
        newest = len(_stack) - 1 - _stack[::-1].index(owner)
        del _stack[newest]
    now = _seen_owners()
    for one in seen:
        if one not in now:
            one._step_aside()
    before, after = _claimed(seen), _claimed(now)
    _put_aside(_before, after - before)
    _put_back(_before, before - after)
    for one in now:
        if one not in seen:
            one._appear()
    if owner not in _stack:
        owner.modules = {}


def _seen_owners() -> list[NameOwner]:
    """Every owner on the stack none of whose names a newer one claims."""
    seen: list[NameOwner] = []
    claimed: set[str] = set()
    for owner in reversed(_stack):
        if owner not in seen and claimed.isdisjoint(owner.names):
            seen.append(owner)
        claimed |= owner.names
    return seen


def _claimed(owners: Iterable[NameOwner]) -> frozenset[str]:
    return frozenset().union(*(owner.names for owner in owners))


def _put_aside(owner: NameOwner, names: frozenset[str]) -> None:
    owner.modules |= {name: sys.modules.pop(name) for name in list(sys.modules) if is_owned(name, names)}


def _put_back(owner: NameOwner, names: frozenset[str]) -> None:
    for name in [name for name in owner.modules if is_owned(name, names)]:
        sys.modules[name] = owner.modules.pop(name)
