"""Imports that fail inside a checkout: which package is missing, or which part of one its stand-in lacks."""

from __future__ import annotations

import importlib.metadata
import sys

from siou_tracking.bridge.supply.finder import is_supplied
from siou_tracking.errors import missing_package
from siou_tracking.ltr.admin.name_owners import claimed_names


def explain_import(error: Exception) -> str | None:
    """What the code that raised `error` needs and where to get it, as "needs ..."; None for any other error.

    Args:
        error: that a checkout's code raised, in its session: missing parts of its own packages are not explained here.
    """
    if not isinstance(error, ImportError) or not error.name:
        return None
    top = error.name.partition(".")[0]
    if top in sys.modules and is_supplied(sys.modules[top]):
        return f"needs {_part(error)}, which the stand-in for {top} does not have: {_mend(top)}"
    if isinstance(error, ModuleNotFoundError) and top not in claimed_names():
        return missing_package(error.name)
    return None


def _part(error: ImportError) -> str:
    wanted = str(error).partition("cannot import name '")[2].partition("'")[0]
    return f"{error.name}.{wanted}" if wanted else str(error.name)


def _mend(top: str) -> str:
    if top == "torchvision":
        return f"install the build of torchvision that belongs to torch {importlib.metadata.version('torch')}"
    return f"pip install {top}"
