"""Imports of a session: the checkout's own modules from its folder, and what is supplied from memory."""

from __future__ import annotations

import importlib.machinery
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType

from siou_tracking.bridge.supply.component import Factory
from siou_tracking.ltr.admin.name_owners import is_owned


class _InMemoryLoader(Loader):
    """A loader of a module that a factory makes."""

    def __init__(self, make: Factory) -> None:
        self.make = make

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self.make(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def is_supplied(module: ModuleType) -> bool:
    """Whether a module is a stand-in that a session supplies."""
    return isinstance(getattr(module.__spec__, "loader", None), _InMemoryLoader)


class CheckoutFinder(MetaPathFinder):
    """Answers for the checkout's packages and supplied modules; None for all others.

    Args:
        root: the checkout.
        supplied: module name to the function that makes it.
        after_import: name of a module of the checkout to what is done with it once it has been imported.
        names: the checkout's top-level packages.
    """

    def __init__(
        self,
        root: Path,
        supplied: Mapping[str, Factory],
        after_import: Mapping[str, Callable[[ModuleType], None]],
        names: Iterable[str],
    ) -> None:
        self.root = root
        self.supplied = dict(supplied)
        self.after_import = dict(after_import)
        self.names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in self.supplied:
            package = any(name.startswith(f"{fullname}.") for name in self.supplied)
            return importlib.machinery.ModuleSpec(
                fullname, _InMemoryLoader(self.supplied[fullname]), is_package=package
            )
        if not is_owned(fullname, self.names):
            return None
        search = path if "." in fullname else [str(self.root)]
        spec = importlib.machinery.PathFinder.find_spec(fullname, search, target)
        if spec is None:
            # Falling through would let another package of this name on sys.path answer for a part of the checkout.
            raise ModuleNotFoundError(f"No module named '{fullname}' in the checkout {self.root}", name=fullname)
        if fullname in self.after_import and spec.loader is not None:
            _call_after_import(spec.loader, self.after_import[fullname])
        return spec


def _call_after_import(loader: Loader, then: Callable[[ModuleType], None]) -> None:
    """Make this one loader call `then` with the module it has executed."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        then(module)

    vars(loader)["exec_module"] = exec_module  # on this one instance: the class loads all of the process's modules
