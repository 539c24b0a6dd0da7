"""Packages that a checkout imports at the top of a module but that training and tracking of boxes never call.

Importing them works in a session; using them raises an error that names the package to install.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import NoReturn

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import Factory, StandIn, import_failure, module_of
from siou_tracking.errors import InputError


def make_unavailable(what: str, hint: str) -> type:
    """A class that may be imported and derived from; making one, or asking for an attribute, names what to install."""

    class Refusing(type):
        def __getattr__(cls, attribute: str) -> NoReturn:
            if attribute.startswith("__"):  # what Python's own machinery looks for
                raise AttributeError(f"type object '{cls.__name__}' has no attribute '{attribute}'")
            _refuse_use(f"{what}.{attribute}", hint)

    class Unavailable(metaclass=Refusing):
        def __init__(self, *args: object, **kwargs: object) -> None:
            _refuse_use(what, hint)

    Unavailable.__name__ = Unavailable.__qualname__ = what.rpartition(".")[2]
    return Unavailable


def _refuse_use(what: str, hint: str) -> NoReturn:
    raise InputError(f"{what}: the checkout needs it here, and it is not installed: {hint}")


def make_lazy(hint: str, **content: object) -> Factory:
    """A factory of modules that hold `content`; any other name can be imported from them and refuses to be used."""

    def make(name: str) -> ModuleType:
        module = module_of(**content)(name)

        def missing(attribute: str) -> type:
            if attribute.startswith("__"):  # what Python's own machinery looks for
                raise AttributeError(f"module '{name}' has no attribute '{attribute}'")
            return make_unavailable(f"{name}.{attribute}", hint)

        vars(module)["__getattr__"] = missing  # Python asks it for names that the module lacks (PEP 562)
        return module

    return make


def _make_inert(hint: str, **classes: str) -> Factory:
    """A factory of modules whose named classes exist and refuse to be made; other names refuse to be read."""

    def make(name: str) -> ModuleType:
        module = ModuleType(name)
        for label, what in classes.items():
            setattr(module, label, make_unavailable(what, hint))

        def missing(attribute: str) -> NoReturn:
            if attribute.startswith("__"):  # what Python's own machinery looks for
                raise AttributeError(f"module '{name}' has no attribute '{attribute}'")
            _refuse_use(f"{name}.{attribute}", hint)

        vars(module)["__getattr__"] = missing  # Python asks it for names that the module lacks (PEP 562)
        return module

    return make


def visdom() -> StandIn | None:
    """Live plots; everything imports it through `pytracking/__init__.py`."""
    hint = "pip install visdom"
    modules = {"visdom": _make_inert(hint, Visdom="visdom.Visdom"), "visdom.server": _make_inert(hint)}
    return _make_stand_in("visdom", "visdom.server", "no live plots", hint, modules)


def tikzplotlib() -> StandIn | None:
    """Plots as TikZ; imported by `pytracking.analysis`."""
    hint = "pip install tikzplotlib"
    return _make_stand_in("tikzplotlib", "tikzplotlib", "no plots as TikZ", hint, {"tikzplotlib": _make_inert(hint)})


def pycocotools() -> StandIn | None:
    """COCO's reader."""
    hint = "pip install pycocotools"
    modules = {
        "pycocotools": _make_inert(hint),
        "pycocotools.coco": _make_inert(hint, COCO="pycocotools.coco.COCO"),
        "pycocotools.mask": _make_inert(hint),
    }
    return _make_stand_in("pycocotools", "pycocotools.coco", "no training on COCO", hint, modules)


def lvis() -> StandIn | None:
    """LVIS's reader."""
    hint = "pip install lvis"
    modules = {"lvis": _make_inert(hint, LVIS="lvis.LVIS"), "lvis.lvis": _make_inert(hint, LVIS="lvis.lvis.LVIS")}
    return _make_stand_in("lvis", "lvis.lvis", "no training on LVIS", hint, modules)


def matlab_files(sources: Sources) -> StandIn | None:
    """scipy, for a checkout that takes its reader of .mat files, which the segmentation data set SBD needs."""
    if not sources.is_original and "scipy.io" not in sources.imports:
        return None  # another part of scipy has no stand-in, and is named by its import
    hint = "pip install scipy"
    modules = {"scipy": _make_inert(hint), "scipy.io": _make_inert(hint, loadmat="scipy.io.loadmat")}
    return _make_stand_in("scipy", "scipy.io", "no training on SBD's masks", hint, modules)


def correlation_sampler() -> StandIn | None:
    """KYS's cost volume, a compiled extension."""
    name = "spatial_correlation_sampler"
    hint = "pip install spatial-correlation-sampler"
    modules = {name: _make_inert(hint, SpatialCorrelationSampler=f"{name}.SpatialCorrelationSampler")}
    return _make_stand_in(name, name, "no KYS", hint, modules)


def tensorboard() -> StandIn | None:
    """Training curves; a checkout falls back on tensorboardX, so that is the name supplied."""
    if import_failure("torch.utils.tensorboard") is None or import_failure("tensorboardX") is None:
        return None
    modules = {"tensorboardX": module_of(SummaryWriter=_SilentWriter)}
    return StandIn("tensorboard", "absent", "no curves in TensorBoard", "pip install tensorboard", modules)


class _SilentWriter:
    """Takes every call of TensorBoard's SummaryWriter and keeps nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __enter__(self) -> _SilentWriter:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


def _make_stand_in(name: str, probe: str, consequence: str, hint: str, modules: dict[str, Factory]) -> StandIn | None:
    state = import_failure(probe)
    return None if state is None else StandIn(name, state, consequence, hint, modules)
