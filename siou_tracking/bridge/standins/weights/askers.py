"""Who asks for a file of weights: a network of the checkout that is being built, and whether to train or to track."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterator
from types import FrameType

from siou_tracking.bridge.standins.sources import Sources


class Asker(enum.Enum):
    """What the weights are wanted for."""

    TRAINING = "a network to train"
    TRACKING = "a network to track with, which gets everything from its checkpoint"


def find_asker(sources: Sources) -> Asker | None:
    """Who called: None for any code of the checkout outside its networks, which reads checkpoints.

    Of the calls in progress the innermost one of the checkout's counts: libraries between are looked through.
    """
    modules = [module for module in _list_modules() if _is_part(module, sources.packages)]
    if not modules or not _is_part(modules[0], (sources.layout.models,)):
        return None
    return Asker.TRACKING if any(_is_part(module, (sources.layout.tracking,)) for module in modules) else Asker.TRAINING


def _list_modules() -> Iterator[str]:
    """Names of the modules whose code is running, the innermost call first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield str(frame.f_globals.get("__name__", ""))
        frame = frame.f_back


def _is_part(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
