"""Precise RoI pooling where the checkout's CUDA extension cannot be built: our operator, on any device."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from siou_tracking.bridge.supply.component import StandIn, module_of
from siou_tracking.ops import PrRoIPool2D

_PACKAGE = "ltr.external.PreciseRoIPooling"
_MODULE = f"{_PACKAGE}.pytorch.prroi_pool"


def precise_roi_pooling(root: Path) -> StandIn | None:
    """The pooling of the IoU head; upstream compiles it for CUDA when it is first used."""
    state = _find_failure(root)
    if state is None:
        return None
    content = {"PrRoIPool2D": PrRoIPool2D}
    modules = {name: module_of() for name in (_PACKAGE, f"{_PACKAGE}.pytorch")}
    modules[_MODULE] = module_of(**content)
    modules[f"{_MODULE}.prroi_pool"] = module_of(**content)
    if not (root / "ltr" / "external").is_dir():
        modules["ltr.external"] = module_of()
    hint = "not needed; for the CUDA extension: git submodule update --init, nvcc and ninja"
    return StandIn("Precise RoI Pooling", state, "our operator, on CPU and GPU", hint, modules)


def _find_failure(root: Path) -> str | None:
    if not root.joinpath(*_MODULE.split("."), "__init__.py").is_file():
        return "absent: its submodule is not checked out"
    if not torch.cuda.is_available():
        return "not usable: CUDA only"
    if shutil.which("nvcc") is None or shutil.which("ninja") is None:
        return "not buildable: no nvcc or no ninja"
    return None
