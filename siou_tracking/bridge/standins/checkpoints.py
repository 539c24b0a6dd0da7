"""Loading a checkout's checkpoints, which today's torch refuses because they hold objects of five of its classes.

They are read without running anything in the file: torch's safe unpickler is told these five classes of plain data by
name; any other class is still refused.
"""

from __future__ import annotations

import functools
import importlib
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any  # arguments of torch.load, passed on, and what a file holds

import numpy as np
import torch

from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.plain_data import load_plain, refused_class
from siou_tracking.ltr.admin.wrapped_names import unwrap_names
from siou_tracking.untrusted.torch_files import check_torch_file

_PLAIN_DATA = {
    "model_constructor": ("NetConstructor",),
    "settings": ("Settings",),
    "stats": ("StatValue", "AverageMeter"),
    "local": ("EnvironmentSettings",),
}


def checkpoint_loading(training: str) -> StandIn | None:
    """`torch.load` as the checkout calls it: without a word on what may be unpickled.

    Args:
        training: the checkout's training package.
    """
    if tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2]) < (2, 6):
        return None  # files are unpickled whatever they hold

    def apply(patches: Patches) -> None:
        patches.set(torch, "load", _read_plain_data(torch.load, f"{training}.admin"))

    state = f"torch {torch.__version__} refuses its checkpoints"
    return StandIn("torch.load", state, "they are read, without running what is in them", "", apply=apply)


def _read_plain_data(load: Callable[..., Any], package: str) -> Callable[..., Any]:
    @functools.wraps(load)
    def load_plain_data(file: Any, *args: Any, weights_only: bool | None = None, **options: Any) -> Any:
        if weights_only is not None or len(args) > 1 or options.get("pickle_module") is not None:
            return load(file, *args, weights_only=weights_only, **options)
        if isinstance(file, (str, os.PathLike)):
            check_torch_file(Path(file))
        beginning = None if isinstance(file, (str, os.PathLike)) else file.tell()

        def read() -> Any:
            if beginning is not None:
                file.seek(beginning)
            return load(file, *args, weights_only=True, **options)

        try:
            content = load_plain(read, _list_classes(package), _list_numbers())
        except pickle.UnpicklingError as error:
            refused = refused_class(error)
            if refused is None:
                raise
            raise InputError(
                f"checkpoint {file}: holds an object of {refused}, which could run code; allowed are tensors, plain "
                "values and the classes of PyTracking's own checkpoints"
            ) from error
        wrapped = isinstance(content, dict) and isinstance(content.get("net"), dict)
        return unwrap_names(content, file) if wrapped else content

    return load_plain_data


def _list_numbers() -> list[Any]:
    """NumPy's numbers."""
    scalar = np.float64(0).__reduce__()[0]
    scalars = [(scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
    return [np.dtype, *(type(np.dtype(kind)) for kind in (np.float32, np.float64, np.int64)), *scalars]


def _list_classes(own: str) -> list[tuple[Any, str]]:
    """The classes of the checkout in force, as its own files name them.

    Args:
        own: the package that has them.
    """
    known = []
    for part, names in _PLAIN_DATA.items():
        try:
            module = importlib.import_module(f"{own}.{part}")
        except ModuleNotFoundError as error:
            if error.name != f"{own}.{part}":
                raise
            continue
        known += [(getattr(module, name), f"{own}.{part}.{name}") for name in names]
    return known
