"""How a network was built, kept with the network and in its checkpoints under upstream's names."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar  # Any: a network and the arguments of its constructor

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.aliases import engine_imports

_ENGINE = "siou_tracking.ltr"

_Arguments = ParamSpec("_Arguments")
_Net = TypeVar("_Net")


def model_constructor(build: Callable[_Arguments, _Net]) -> Callable[_Arguments, _Net]:
    """Decorator: the network that `build` returns (or the first of a tuple) gets `constructor`, a `NetConstructor`."""

    @functools.wraps(build)
    def wrapper(*args: _Arguments.args, **kwds: _Arguments.kwargs) -> _Net:
        result = build(*args, **kwds)
        net: Any = result[0] if isinstance(result, (tuple, list)) else result
        net.constructor = NetConstructor(build.__name__, upstream_name(build.__module__), args, kwds)
        return result

    vars(wrapper)["builds_network"] = True
    return wrapper


def upstream_name(module: str) -> str:
    """`siou_tracking.ltr.X` as `ltr.X`, the name under which upstream finds the same function; others unchanged."""
    inside = module == _ENGINE or module.startswith(f"{_ENGINE}.")
    return module.removeprefix("siou_tracking.") if inside else module


def engine_constructors() -> dict[str, list[str]]:
    """The constructors that the embedded engine has in each of its modules, as upstream calls these."""
    found: dict[str, list[str]] = {}
    models = importlib.import_module(f"{_ENGINE}.models")
    for info in pkgutil.walk_packages(models.__path__, f"{models.__name__}."):
        values = vars(importlib.import_module(info.name)).values()
        builders = [value for value in values if getattr(value, "builds_network", False)]
        if here := sorted(build.__name__ for build in builders if build.__module__ == info.name):
            found[upstream_name(info.name)] = here
    return found


class NetConstructor:
    """The function that builds a network, and its arguments; plain values, pickled under upstream's class name.

    Args:
        fun_name: name of the function.
        fun_module: module of the function, as upstream calls it (`ltr.models.bbreg.atom`).
        args, kwds: its arguments.
    """

    def __init__(self, fun_name: str, fun_module: str, args: tuple[Any, ...], kwds: dict[str, Any]) -> None:
        self.fun_name = fun_name
        self.fun_module = fun_module
        self.args = args
        self.kwds = kwds

    def function(self) -> Callable[..., Any]:
        """The function itself, which must carry `model_constructor`.

        It is looked up in the embedded engine, or in a module of the user's that is imported already: a file with
        weights must not be able to name any function of any module to be called.

        Raises:
            InputError: there is no such constructor.
        """
        name = f"{self.fun_module}.{self.fun_name}"
        if self.fun_module not in sys.modules and self.fun_module.partition(".")[0] != "ltr":
            raise InputError(f"network constructor: {name}: its module is not imported; import it first")
        try:
            with engine_imports():
                build = getattr(importlib.import_module(self.fun_module), self.fun_name)
        except (ImportError, AttributeError) as error:
            known = ", ".join(f"{' '.join(names)} of {module}" for module, names in engine_constructors().items())
            raise InputError(f"network constructor: {name}: not in the embedded engine, which has {known}") from error
        if not getattr(build, "builds_network", False):
            raise InputError(f"network constructor: {name}: got a function without @model_constructor")
        return build

    def get(self) -> Any:
        """Build the network again."""
        return self.function()(*self.args, **self.kwds)


# Pickled into checkpoints under upstream's name, so that either engine reads the other's.
NetConstructor.__module__ = "ltr.admin.model_constructor"
