"""Which objectives and functions the code of an actor uses, read from its code objects: sources may be absent.

Followed are the methods that the actor's class has, those of its bases that they reach by `super()`, and the functions
of their own module that they call by name.
"""

from __future__ import annotations

import dis
import inspect
import itertools
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple  # names of a checkout's modules mean anything


class Used(NamedTuple):
    """Something that code names, and the module's namespace where it looks that up."""

    namespace: dict[str, Any]
    name: str

    @property
    def value(self) -> Any:
        """What the name means now."""
        return self.namespace[self.name]


class CodeNames:
    """What the code of an actor's class names.

    Args:
        cls: class of the actor.
    """

    def __init__(self, cls: type) -> None:
        self._methods = list(_methods(cls))

    def subscripts(self, attribute: str, key: str) -> bool:
        """Whether the code has `.ATTRIBUTE['KEY']`."""
        pairs = (pair for function in self._reached(lambda _: False) for pair in _pairs(function))
        return any("LOAD_ATTR" in a.opname and a.argval == attribute and b.argval == key for a, b in pairs)

    def reads(self, attribute: str) -> bool:
        """Whether the code reads `.ATTRIBUTE` outside the constructor."""
        steps = (step for one in self._reached(lambda _: False) if one.__name__ != "__init__" for step in _pairs(one))
        return any("LOAD_ATTR" in a.opname and a.argval == attribute for a, _ in steps)

    def find(self, accept: Callable[[Used], bool]) -> list[Used]:
        """What the code names and `accept` takes; what such a function names itself is not looked at."""
        asked: dict[tuple[int, str], bool] = {}
        found = []

        def take(used: Used) -> bool:
            place = id(used.namespace), used.name
            if place not in asked:
                asked[place] = accept(used)
                found.extend([used] if asked[place] else [])
            return asked[place]

        for _ in self._reached(take):
            pass
        return found

    def _reached(self, stop: Callable[[Used], bool]) -> Iterator[FunctionType]:
        """The methods, and the functions of their module that they name, but for those at which to stop."""
        seen: set[CodeType] = set()
        waiting = list(self._methods)
        while waiting:
            function = waiting.pop(0)
            if function.__code__ in seen:
                continue
            seen.add(function.__code__)
            yield function
            for used in _named(function):
                if not stop(used) and used.namespace is function.__globals__ and isinstance(used.value, FunctionType):
                    waiting.append(used.value)


def _methods(cls: type) -> Iterator[FunctionType]:
    for name in dir(cls):
        for base in cls.__mro__:
            if base is object or name not in vars(base):
                continue
            member = vars(base)[name]
            function = inspect.unwrap(getattr(member, "__func__", member))
            if not isinstance(function, FunctionType):
                break
            yield function
            if "super" not in function.__code__.co_names:
                break  # what it overrides is not reached


def _named(function: FunctionType) -> Iterator[Used]:
    """What the code of a function names in its module, or in a module that it names: `box_ops.giou_loss`."""
    names = function.__globals__
    for one, after in _pairs(function):
        if one.opname not in ("LOAD_GLOBAL", "LOAD_NAME") or one.argval not in names:
            continue
        if not isinstance(names[one.argval], ModuleType):
            yield Used(names, one.argval)
        elif after.opname in ("LOAD_ATTR", "LOAD_METHOD") and after.argval in vars(names[one.argval]):
            yield Used(vars(names[one.argval]), after.argval)


def _pairs(function: FunctionType) -> Iterator[tuple[dis.Instruction, dis.Instruction]]:
    """Each instruction of a function, and of those within it, with the next one."""
    waiting = [function.__code__]
    while waiting:
        code = waiting.pop()
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        steps = [one for one in dis.get_instructions(code) if one.opname not in ("CACHE", "NOP", "EXTENDED_ARG")]
        yield from itertools.pairwise(steps)
