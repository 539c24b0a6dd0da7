"""jpeg4py, which wraps a system library that is often missing: images are read by OpenCV instead."""

from __future__ import annotations

import functools
import importlib
import os
from types import ModuleType

import numpy as np

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure, module_of
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.ltr.data.image_loader import opencv_loader


class JPEG:
    """jpeg4py's reader: `JPEG(path).decode()` gives (H, W, 3) uint8 RGB. Any image that OpenCV reads will do."""

    def __init__(self, source: str | os.PathLike[str]) -> None:
        self.source = source

    def decode(self) -> np.ndarray:
        """Read the file.

        Raises:
            InputError: the file is missing, truncated or no image.
        """
        return opencv_loader(self.source)


def jpeg4py(sources: Sources) -> StandIn | None:
    """The reader of every training image."""
    state = import_failure("jpeg4py") or _find_library_failure()
    if state is None:
        return None
    hint = "pip install jpeg4py, and the system library libturbojpeg"
    after = {f"{sources.layout.training}.data.image_loader": _let_errors_through}
    modules = {"jpeg4py": module_of(JPEG=JPEG)}
    return StandIn("jpeg4py", state, "images are read by OpenCV", hint, modules, after_import=after)


def _let_errors_through(module: ModuleType, patches: Patches) -> None:
    """The checkout's readers print an error and give None, on which something else then fails and names no file."""
    for reader in ("jpeg4py_loader", "jpeg4py_loader_w_failsafe"):
        if hasattr(module, reader):
            patches.set(module, reader, opencv_loader)


@functools.cache
def _find_library_failure() -> str | None:
    """jpeg4py loads its library when the first file is opened."""
    import cv2

    real = importlib.import_module("jpeg4py")
    try:
        real.JPEG(cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].ravel()).decode()
    except Exception as error:
        return f"broken: {error}"
    return None
