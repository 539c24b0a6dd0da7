"""The embedded training engine: upstream LTR's names, arguments and checkpoint layout, in code of our own."""

from __future__ import annotations

import importlib
from typing import Any  # a class or a function

_NAMES = {
    "MultiGPU": "admin.multigpu",
    "load_network": "admin.loading",
    "model_constructor": "admin.model_constructor",
}
"""What settings files import from here, and the module that has it: loaded when asked for, for it imports torch."""


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
