"""What a stand-in is, how the absence of the real thing is found, and how modules are made in memory."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Protocol

from siou_tracking.bridge.supply.patches import Patches

Factory = Callable[[str], ModuleType]
_SHOWN = 70


class AfterImport(Protocol):
    """Changes a module of the checkout once it has been imported."""

    def __call__(self, module: ModuleType, patches: Patches) -> None: ...


@dataclasses.dataclass(frozen=True)
class StandIn:
    """Something that a checkout expects, that this machine lacks, and that a session supplies."""

    component: str
    state: str
    """Why it is supplied: "absent", "broken: reason", "not in NumPy 2.4"."""
    consequence: str
    """What is done instead, and what cannot be done."""
    hint: str
    """How to get the real thing; '' where nothing need be done."""
    modules: Mapping[str, Factory] = dataclasses.field(default_factory=dict, repr=False)
    """Module name to the function that makes it, called at its first import in the session."""
    apply: Callable[[Patches], None] | None = dataclasses.field(default=None, repr=False)
    """Changes made for the length of the session."""
    after_import: Mapping[str, AfterImport] = dataclasses.field(default_factory=dict, repr=False)
    """Name of a module of the checkout to changes made once it has been imported."""


@functools.cache
def import_failure(module: str) -> str | None:
    """None where `module` imports, else "absent" or "broken: reason". Remains of a failed import are cleared away."""
    before = set(sys.modules)
    top = module.partition(".")[0]
    try:
        importlib.import_module(module)
        return None
    except ModuleNotFoundError as error:
        _clear_modules(top, before)
        missing = (error.name or "").partition(".")[0]
        return "absent" if missing == top and error.name == top else f"broken: {_shorten_reason(error)}"
    except Exception as error:
        _clear_modules(top, before)
        return f"broken: {_shorten_reason(error)}"


def _clear_modules(top: str, before: set[str]) -> None:
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == top:
            del sys.modules[name]


def _shorten_reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_SHOWN]


def module_of(**content: object) -> Factory:
    """A factory of modules that hold `content`."""

    def make(name: str) -> ModuleType:
        module = ModuleType(name)
        vars(module).update(content)
        return module

    return make
