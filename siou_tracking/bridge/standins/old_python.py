"""Names that Python and NumPy have removed since the checkout was written."""

from __future__ import annotations

import collections
import collections.abc
import importlib
import importlib.util
import platform
import warnings

import numpy as np

from siou_tracking.bridge.standins.packages.inert import make_lazy
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure
from siou_tracking.bridge.supply.patches import Patches

_NUMPY: dict[str, object] = {"int": int, "float": float, "complex": complex, "object": object, "str": str, "bool": bool}
_NUMPY |= {"float_": np.float64, "NaN": np.nan, "Inf": np.inf, "product": np.prod}


def collection_classes() -> StandIn | None:
    """`collections.Mapping` and its like, which the checkout's loader asks for."""
    missing = [name for name in collections.abc.__all__ if not hasattr(collections, name)]
    if not missing:
        return None

    def apply(patches: Patches) -> None:
        for name in missing:
            patches.set(collections, name, getattr(collections.abc, name))

    state = f"not in Python {platform.python_version()}"
    return StandIn(
        "collections.Mapping", state, "the classes of collections.abc under their old names", "", apply=apply
    )


def imp_module(sources: Sources) -> StandIn | None:
    """`imp`, which Python 3.12 has removed."""
    if not sources.parts_of("imp") or importlib.util.find_spec("imp") is not None:
        return None
    modules = {"imp": make_lazy("it went with Python 3.12: importlib has its functions", reload=importlib.reload)}
    state = f"not in Python {platform.python_version()}"
    return StandIn("imp", state, "its reload; its other functions refuse to be used", "", modules)


def resources(sources: Sources) -> StandIn | None:
    """`pkg_resources`, which setuptools 82 has removed; what is asked of it is how versions compare."""
    state = import_failure("pkg_resources") if sources.parts_of("pkg_resources") else None
    if state is None:
        return None
    content = {}
    if import_failure("packaging.version") is None:
        importlib.import_module("packaging.version")
        content["packaging"] = importlib.import_module("packaging")
    modules = {"pkg_resources": make_lazy("pip install 'setuptools<82'", **content)}
    return StandIn(
        "pkg_resources", state, "its packaging, and nothing else of it", "pip install 'setuptools<82'", modules
    )


def numpy_names() -> StandIn | None:
    """`numpy.int` and its like."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns when asked for some of them
        missing = {name: value for name, value in _NUMPY.items() if not hasattr(np, name)}
    if not missing:
        return None

    def apply(patches: Patches) -> None:
        for name, value in missing.items():
            patches.set(np, name, value)

    state = f"not in NumPy {np.__version__}"
    return StandIn("numpy.int", state, f"{len(missing)} old names: {', '.join(missing)}", "", apply=apply)
