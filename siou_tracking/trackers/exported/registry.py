"""Where an exported file becomes a tracker."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any  # what JSON may hold

from siou_tracking.errors import InputError
from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.exported.model_file import read_info
from siou_tracking.trackers.exported.session import Steps


def build_exported(path: str | os.PathLike[str], seed: int = 0) -> Tracker:
    """The tracker in a file written by `siou-tracking export`; torch is not needed.

    Args:
        path: the file.
        seed: of everything random; equal seeds give the boxes of the tracker that was exported, but for rounding.

    Raises:
        InputError: not such a file, of a tracker that this version does not know, or onnxruntime is not installed.
    """
    info = read_info(path)
    if info.tracker not in _RUNNERS:
        got = f"'{info.tracker[:40]}' (of siou-tracking {info.version[:20]})"
        raise InputError(f"onnx: {path}: got tracker {got}, allowed here: {', '.join(_RUNNERS)}")
    try:
        make = _RUNNERS[info.tracker](info.parameters)
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(f"onnx: {path}: damaged: its parameters cannot be used: {error}") from None
    return make(Steps(path, info), seed)


def _atom(parameters: Mapping[str, Any]) -> Callable[[Steps, int], Tracker]:
    from siou_tracking.trackers.atom.params import AtomParams
    from siou_tracking.trackers.exported.atom import ExportedATOM

    params = AtomParams(**_fields(parameters))
    return lambda steps, seed: ExportedATOM(steps, params, seed)


def _dimp(parameters: Mapping[str, Any]) -> Callable[[Steps, int], Tracker]:
    from siou_tracking.trackers.dimp.params import DimpParams
    from siou_tracking.trackers.exported.dimp import ExportedDiMP

    params = DimpParams(**_fields(parameters))
    return lambda steps, seed: ExportedDiMP(steps, params, seed)


def _fields(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a class of settings, out of JSON's."""
    from siou_tracking.trackers.online.params import Augmentations

    return {**_as_tuples(parameters), "augmentations": Augmentations(**_as_tuples(parameters["augmentations"]))}


def _as_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that settings hold."""
    return {name: _as_tuple(value) for name, value in values.items()}


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


_RUNNERS: dict[str, Callable[[Mapping[str, Any]], Callable[[Steps, int], Tracker]]] = {"atom": _atom, "dimp": _dimp}
"""By the tracker's name: parameters to what makes it of its graphs and a seed."""
