"""The checkout's tensor containers, which answer for special names and are taken for tensors by today's torch.

`torch.autograd.grad` then fails on a TensorList, and with it ATOM's online learning. The class in memory is told to
answer for ordinary names only; nothing else about it changes.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any  # a checkout's container, and whatever it answers

import torch

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import AfterImport, StandIn
from siou_tracking.bridge.supply.patches import Patches

_CLASSES = ("TensorList", "TensorDict")


def containers(sources: Sources) -> StandIn | None:
    """Repairs the two classes once they are imported, where they need it."""
    after = {f"{sources.layout.tracking}.libs.{name.lower()}": _repair(name) for name in _CLASSES}
    state = f"taken for tensors by torch {torch.__version__}"
    return StandIn("TensorList", state, "it and TensorDict answer for ordinary names only", "", after_import=after)


def _repair(name: str) -> AfterImport:
    def repair(module: ModuleType, patches: Patches) -> None:
        owner = getattr(module, name, None)
        if owner is None or "__getattr__" not in vars(owner) or not hasattr(owner(), "__torch_function__"):
            return
        patches.set(owner, "__getattr__", _refuse_special_names(vars(owner)["__getattr__"]))

    return repair


def _refuse_special_names(answer: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """A `__getattr__` that has the given one answer for ordinary names only."""

    def __getattr__(self: Any, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return answer(self, name)

    return __getattr__
