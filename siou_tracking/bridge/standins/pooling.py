"""Precise RoI pooling where the checkout's CUDA extension cannot be built: our operator, on any device."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import Factory, StandIn, module_of
from siou_tracking.ops import PrRoIPool2D

_PACKAGE = "external.PreciseRoIPooling"


def precise_roi_pooling(sources: Sources) -> StandIn | None:
    """The pooling of an IoU or score head; upstream compiles it for CUDA when it is first used."""
    places = {name.partition(_PACKAGE)[0] + _PACKAGE for name in sources.imports if _PACKAGE in name}
    if sources.is_original:
        places.add(f"{sources.layout.training}.{_PACKAGE}")
    failures = {place: _find_failure(sources.folder(f"{place}.pytorch.prroi_pool")) for place in sorted(places)}
    modules: dict[str, Factory] = {}
    for place in (place for place, failure in failures.items() if failure):
        modules |= _modules_of(place)
        holder = place.rpartition(".")[0]
        if not sources.folder(holder).is_dir():
            modules[holder] = module_of()
    if not modules:
        return None
    hint = "not needed; for the CUDA extension: git submodule update --init, nvcc and ninja"
    state = next(filter(None, failures.values()))
    return StandIn("Precise RoI Pooling", state, "our operator, on CPU and GPU", hint, modules)


def _modules_of(place: str) -> dict[str, Factory]:
    modules = {name: module_of() for name in (place, f"{place}.pytorch")}
    operator = module_of(PrRoIPool2D=PrRoIPool2D)
    return modules | {f"{place}.pytorch.{name}": operator for name in ("prroi_pool", "prroi_pool.prroi_pool")}


def _find_failure(package: Path) -> str | None:
    if not (package / "__init__.py").is_file():
        return "absent: its submodule is not checked out"
    if not torch.cuda.is_available():
        return "not usable: CUDA only"
    if shutil.which("nvcc") is None or shutil.which("ninja") is None:
        return "not buildable: no nvcc or no ninja"
    return None
