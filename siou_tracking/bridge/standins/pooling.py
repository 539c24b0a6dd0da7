"""Precise RoI pooling where the checkout's CUDA extension cannot be built: our operator, on any device."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, module_of
from siou_tracking.ops import PrRoIPool2D

_PACKAGE = "external.PreciseRoIPooling"


def precise_roi_pooling(sources: Sources) -> StandIn | None:
    """The pooling of an IoU or score head; upstream compiles it for CUDA when it is first used."""
    inside = f"{sources.layout.training}.{_PACKAGE}"
    place = inside if sources.is_original else next(filter(sources.parts_of, (inside, _PACKAGE)), None)
    state = _find_failure(sources.folder(f"{place}.pytorch.prroi_pool")) if place else None
    if place is None or state is None:
        return None
    content = {"PrRoIPool2D": PrRoIPool2D}
    modules = {name: module_of() for name in (place, f"{place}.pytorch")}
    modules[f"{place}.pytorch.prroi_pool"] = module_of(**content)
    modules[f"{place}.pytorch.prroi_pool.prroi_pool"] = module_of(**content)
    holder = place.rpartition(".")[0]
    if not sources.folder(holder).is_dir():
        modules[holder] = module_of()
    hint = "not needed; for the CUDA extension: git submodule update --init, nvcc and ninja"
    return StandIn("Precise RoI Pooling", state, "our operator, on CPU and GPU", hint, modules)


def _find_failure(package: Path) -> str | None:
    if not (package / "__init__.py").is_file():
        return "absent: its submodule is not checked out"
    if not torch.cuda.is_available():
        return "not usable: CUDA only"
    if shutil.which("nvcc") is None or shutil.which("ninja") is None:
        return "not buildable: no nvcc or no ninja"
    return None
