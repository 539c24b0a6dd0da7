"""Packages that checkouts of the LTR family import at the top of a module and that no training of boxes calls.

Each is supplied only to a checkout whose text imports it. What is not here is refused at its import, by its name:
compiled CUDA extensions, packages nobody can install any more, and anything not known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any  # whatever a decorator is put on

from siou_tracking.bridge.standins.packages.inert import make_lazy
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure


def _leave_as_it_is(*args: Any, **options: Any) -> Any:
    """A decorator, with or without options of its own, that changes nothing."""
    if len(args) == 1 and callable(args[0]) and not options:
        return args[0]
    return lambda function: function


@dataclasses.dataclass(frozen=True)
class _Package:
    consequence: str
    install: str = ""
    """What pip is asked for, where that is not the package's own name."""
    works: dict[str, Callable[..., Any]] = dataclasses.field(default_factory=dict)
    """Names that do something all the same."""


_OPENAI_CLIP = "git+https://github.com/openai/CLIP.git"
_PACKAGES = {
    "bytecode": _Package("no hooks on local variables"),
    "clip": _Package("no descriptions in words", _OPENAI_CLIP),
    "cvxopt": _Package("no crops that are zoomed unevenly"),
    "ftfy": _Package("no descriptions in words"),
    "ddtrace": _Package("nothing is measured"),
    "fvcore": _Package("no count of operations"),
    "gdown": _Package("nothing is fetched from Google Drive"),
    "greenlet": _Package("no threads of its own"),
    "ipdb": _Package("no debugger"),
    "jactorch": _Package("no tests of the checkout's own"),
    "lmdb": _Package("no data sets packed with LMDB"),
    "loguru": _Package("no log of its own"),
    "memory_profiler": _Package("memory is not measured", works={"profile": _leave_as_it_is}),
    "numba": _Package("functions run uncompiled", works=dict.fromkeys(("jit", "njit", "vectorize"), _leave_as_it_is)),
    "onnx": _Package("no export"),
    "onnxruntime": _Package("no exported networks"),
    "regex": _Package("no descriptions in words"),
    "seaborn": _Package("no plots"),
    "sentry_sdk": _Package("nothing is reported to its author", "sentry-sdk"),
    "thop": _Package("no count of operations"),
    "trax": _Package("no VOT toolkit", "vot-trax"),
    "vot": _Package("no VOT toolkit", "vot-toolkit"),
    "wandb": _Package("no curves in Weights & Biases"),
}


def unused(sources: Sources) -> list[StandIn]:
    """Those that the checkout imports and this machine lacks."""
    return [found for name, package in _PACKAGES.items() if (found := _stand_in(name, package, sources))]


def _stand_in(name: str, package: _Package, sources: Sources) -> StandIn | None:
    parts = sources.parts_of(name)
    state = import_failure(name) if parts else None
    if state is None:
        return None
    hint = f"pip install {package.install or name}"
    make = make_lazy(hint, **package.works)
    return StandIn(name, state, package.consequence, hint, dict.fromkeys(parts, make))
