"""Which objectives and functions the code of an actor uses, read from its code objects: sources may be absent.

Followed are the methods that the actor's class has, those of its bases that they reach by `super()`, and the functions
of their own module that they call by name.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple  # names of a checkout's modules mean anything


class Used(NamedTuple):
    """A function that code calls by a name of its module."""

    namespace: dict[str, Any]
    """Of the module that the name is looked up in."""
    name: str


class CodeNames:
    """What the code of an actor's class names.

    Args:
        cls: class of the actor.
    """

    def __init__(self, cls: type) -> None:
        self._subscripts: set[tuple[str, object]] = set()
        self.functions: dict[tuple[int, str], Used] = {}
        """Functions and other callables by name of their module, but no classes."""
        seen: set[CodeType] = set()
        waiting = list(_methods(cls))
        while waiting:
            function = waiting.pop()
            if function.__code__ in seen:
                continue
            seen.add(function.__code__)
            for code in _with_inner(function.__code__):
                self._read(code, function.__globals__)
            own = (used.namespace[used.name] for used in self.functions.values())
            waiting += [one for one in own if isinstance(one, FunctionType) and one.__globals__ is function.__globals__]

    def subscripts(self, attribute: str, key: str) -> bool:
        """Whether the code has `.ATTRIBUTE['KEY']`."""
        return (attribute, key) in self._subscripts

    def _read(self, code: CodeType, namespace: dict[str, Any]) -> None:
        steps = [one for one in dis.get_instructions(code) if one.opname not in ("CACHE", "NOP", "EXTENDED_ARG")]
        for step, after in zip(steps, [*steps[1:], None], strict=True):
            if after is not None and "LOAD_ATTR" in step.opname and "LOAD_CONST" in after.opname:
                self._subscripts.add((str(step.argval), after.argval))
            if step.opname not in ("LOAD_GLOBAL", "LOAD_NAME") or step.argval not in namespace:
                continue
            value = namespace[step.argval]
            if isinstance(value, ModuleType):  # `box_ops.giou_loss`
                if after is not None and ("LOAD_ATTR" in after.opname or "LOAD_METHOD" in after.opname):
                    self._add(vars(value), after.argval)
            else:
                self._add(namespace, step.argval)

    def _add(self, namespace: dict[str, Any], name: str) -> None:
        value = namespace.get(name)
        if callable(value) and not isinstance(value, type):
            self.functions[id(namespace), name] = Used(namespace, name)


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


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    """A code object, and those of the functions and comprehensions within."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_inner(constant)
