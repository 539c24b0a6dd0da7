"""The names that settings files and checkpoints use for the engine: `ltr...` and `pytracking...`.

Both names belong to other packages on PyPI, so nothing is installed under them. They exist only inside
`engine_imports()`, where `ltr.X` is the very module object `siou_tracking.ltr.X`, `ltr.train_settings` are the settings
files that come with the package, and `pytracking` holds the containers.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType

from siou_tracking.ltr.admin.name_owners import NameOwner, is_owned, own_names

_ENGINE = "siou_tracking.ltr"
_TENSORS = f"{_ENGINE}.data.tensors"
# Upstream keeps its folders in a file that each user writes; ours lives in memory but is pickled under that name.
_RENAMED = {"ltr.admin.local": f"{_ENGINE}.admin.environment"}
_SETTINGS, _CONFIGS = "ltr.train_settings", "siou_tracking.configs"
_CONTAINER_PACKAGES = ("pytracking", "pytracking.libs")
_CONTAINER_MODULES = ("pytracking.libs.tensorlist", "pytracking.libs.tensordict")


class _ExistingModuleLoader(Loader):
    """A loader that hands out a module which is already imported, and leaves it as it was."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has put the alias's spec there


class _ContainerLoader(Loader):
    """A loader for `pytracking` and its container modules; packages get an empty search path."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        tensors = importlib.import_module(_TENSORS)
        vars(module).update(TensorDict=tensors.TensorDict, TensorList=tensors.TensorList)


class _EngineFinder(MetaPathFinder):
    """Resolves `ltr...` and `pytracking...`; None for what the engine does not have."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not is_owned(fullname):
            return None
        if fullname.startswith("pytracking"):
            return self._find_containers(fullname)
        if fullname == _SETTINGS or fullname.startswith(f"{_SETTINGS}."):
            return self._find_settings(fullname)
        real = _RENAMED.get(fullname, f"siou_tracking.{fullname}")
        if importlib.util.find_spec(real) is None:
            raise _missing_module(fullname)
        module = importlib.import_module(real)
        return importlib.machinery.ModuleSpec(
            fullname, _ExistingModuleLoader(module), is_package=hasattr(module, "__path__")
        )

    def _find_settings(self, fullname: str) -> importlib.machinery.ModuleSpec:
        """A module of its own for each block: it holds on to what it imports from `ltr`."""
        real = importlib.util.find_spec(_CONFIGS + fullname.removeprefix(_SETTINGS))
        if real is None:
            raise _missing_module(fullname)
        places = real.submodule_search_locations
        spec = importlib.util.spec_from_file_location(
            fullname, real.origin, submodule_search_locations=None if places is None else list(places)
        )
        if spec is None:
            raise _missing_module(fullname)
        return spec

    def _find_containers(self, fullname: str) -> importlib.machinery.ModuleSpec:
        if fullname in _CONTAINER_PACKAGES + _CONTAINER_MODULES:
            return importlib.machinery.ModuleSpec(
                fullname, _ContainerLoader(), is_package=fullname in _CONTAINER_PACKAGES
            )
        raise _missing_module(fullname)


def _missing_module(fullname: str) -> ModuleNotFoundError:
    """Raised, not fallen through, which would let a foreign `ltr` on sys.path answer for a part of the engine."""
    return ModuleNotFoundError(f"No module named '{fullname}' in the embedded engine", name=fullname)


_owner = NameOwner(_EngineFinder())


@contextlib.contextmanager
def engine_imports() -> Iterator[None]:
    """Inside the block `import ltr...` and `from pytracking import TensorDict` mean the embedded engine.

    Needed while a settings file is imported or run and while a checkpoint is pickled or loaded, because both name
    classes as upstream does. Modules of another `ltr` or `pytracking` that were imported before are put back
    afterwards, and no alias stays in `sys.modules`. Blocks may be nested and may overlap between threads.

    Raises:
        ModuleNotFoundError: (inside the block) for a part of upstream that the embedded engine does not have.
    """
    with own_names(_owner):
        yield
