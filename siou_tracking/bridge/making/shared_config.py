"""The configuration that all trackers of a checkout's module share, held apart for each of them.

It is one object that a parameter file fills in, and that the next one fills in again: two trackers in one process would
change each other's numbers.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from types import ModuleType
from typing import Any  # configurations of a checkout, whose class is not known here


class OwnConfig:
    """What the configurations of a parameter module hold for one tracker.

    Args:
        module: that has the function `parameters`. Until `take` its configurations are noted as they are.
    """

    def __init__(self, module: ModuleType) -> None:
        names = [name for name in vars(module) if not name.startswith("_")]
        self._shared = [value for value in map(vars(module).get, names) if isinstance(value, dict)]
        self._before = [_copy(config, {}) for config in self._shared]
        self._own: list[dict[Any, Any]] = []

    def take(self, params: Any) -> None:
        """Keep what the configurations hold now, in `params` too, and put them back as they were."""
        self._own = [_copy(config, {}) for config in self._shared]
        for name, value in list(vars(params).items()):
            for shared, own in zip(self._shared, self._own, strict=True):
                if value is shared:
                    setattr(params, name, own)
        self.put_back()

    def put_back(self) -> None:
        """Let the configurations be what they were at first."""
        for shared, before in zip(self._shared, self._before, strict=True):
            set_content(shared, content_of(_copy(before, {})))

    @contextlib.contextmanager
    def in_force(self) -> Iterator[None]:
        """Inside the block the module's configurations are this tracker's."""
        others = [content_of(shared) for shared in self._shared]
        try:
            for shared, own in zip(self._shared, self._own, strict=True):
                set_content(shared, content_of(own))
            yield
        finally:
            for shared, other in zip(self._shared, others, strict=True):
                set_content(shared, other)

    def __deepcopy__(self, memo: dict[int, Any]) -> OwnConfig:
        """One more tracker's; the module stays the same."""
        twin = copy.copy(self)
        twin._own = copy.deepcopy(self._own, memo)
        return twin


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    """A deep copy, also of a mapping whose class takes every attribute for an entry, Python's `__deepcopy__` too."""
    if not isinstance(value, dict):
        return copy.deepcopy(value, memo)
    if id(value) not in memo:
        twin = memo[id(value)] = type(value).__new__(type(value))
        for key, part in value.items():
            dict.__setitem__(twin, key, _copy(part, memo))
        if type(value) is not dict:
            vars(twin).update({name: _copy(part, memo) for name, part in vars(value).items()})
    return memo[id(value)]


def content_of(config: dict[Any, Any]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """The entries of a configuration, and its attributes: those of an EasyDict are entries as well."""
    return dict(config), {} if type(config) is dict else dict(vars(config))


def set_content(config: dict[Any, Any], content: tuple[dict[Any, Any], dict[str, Any]]) -> None:
    """Let a configuration, which stays the same object, hold what `content_of` gave."""
    dict.clear(config)
    dict.update(config, content[0])
    if type(config) is not dict:
        vars(config).clear()
        vars(config).update(content[1])
