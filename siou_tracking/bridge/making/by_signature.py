"""Trackers of a checkout whose parameters are a function and whose tracker is a class, called by what they ask for."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any  # a checkout's parameters and trackers, whose classes are not known here

from siou_tracking.bridge.failures.making import blame_on
from siou_tracking.bridge.making.called_tracker import CalledTracker
from siou_tracking.bridge.making.calls import call_with, match_arguments
from siou_tracking.bridge.making.network_file import LoadWatch, choose_file, unnamed_network
from siou_tracking.bridge.making.request import TrackerRequest
from siou_tracking.bridge.making.shared_config import OwnConfig
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger

logger = get_logger(__name__)

_FILE_ROLES = {"model": "network", **dict.fromkeys(("yaml", "config", "cfg", "param", "name"), "param")}
_CLASS_ROLES = {"dataset": "data set", "_name": "param", "yaml": "param", "param": "params"}
_UNNAMED = (NotImplementedError, TypeError)
_UNKNOWN = (KeyError, AttributeError, TypeError, IndexError)
"""What a tracker raises that has no parameters for a data set."""


@dataclasses.dataclass(frozen=True)
class Places:
    """Where a layout has its trackers."""

    parameter: str
    """Package of the modules that have a function `parameters`."""
    tracker: str
    """Package of the modules that have a function `get_tracker_class`."""
    output: Path
    """Folder that the checkout's own instructions put networks in."""
    local: str
    """The user's file that says where networks are looked for, for errors."""
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Parameters that the checkout's own script sets besides."""


def make_called_tracker(
    request: TrackerRequest, places: Places, data_sets: Sequence[str]
) -> tuple[CalledTracker, Path | None]:
    """A tracker with its network loaded, and the network's file.

    Args:
        request: what is wanted.
        places: of the layout.
        data_sets: names of the data that it will run on, in the checkout's words: the first that it can be made with.

    Raises:
        InputError: its parameters, its network or its code cannot be used here.
    """
    label = request.label
    with blame_on(f"tracker {label}: its parameter file"):
        module = importlib.import_module(f"{places.parameter}.{request.name}")
    config = OwnConfig(module)
    try:
        params = _read_parameters(module, request)
        config.take(params)
    finally:
        config.put_back()
    file = choose_file(params, request, places.output, places.local)
    vars(params).update(places.options)
    params.debug = 0  # they open windows otherwise
    with blame_on(f"tracker {label}: its module"):
        made = importlib.import_module(f"{places.tracker}.{request.name}").get_tracker_class()
    watch = LoadWatch(file, label)
    with _apart():
        with config.in_force():
            inner = _build(made, params, request, data_sets, watch)
        watch.check(inner)
        tracker = CalledTracker(inner, config, label)
        tracker.check_inputs()
    return tracker, file


def _read_parameters(module: ModuleType, request: TrackerRequest) -> Any:
    """What the function of a parameter file returns."""
    what = f"tracker {request.label}: its parameter file"
    with blame_on(what):
        function = module.parameters
    asked = match_arguments(function, _FILE_ROLES, f"{what}'s function")
    values = {"param": request.param}
    if request.weights is not None:
        values["network"] = Path(request.weights).name  # some refuse to go without; the whole path is set afterwards
    try:
        return call_with(function, asked, values)
    except Exception as error:
        if "network" in asked.values() and request.weights is None and isinstance(error, _UNNAMED):
            raise unnamed_network(request.label) from error
        with blame_on(what):
            raise


def _build(made: Any, params: Any, request: TrackerRequest, data_sets: Sequence[str], watch: LoadWatch) -> Any:
    """The tracker, for the first of the data sets that it has parameters for."""
    label = request.label
    asked = match_arguments(made, _CLASS_ROLES, f"tracker {label}: its class")
    names = data_sets if "data set" in asked.values() else data_sets[:1]
    unknown: InputError | None = None
    for name in names:
        try:
            with blame_on(f"tracker {label}: making it"), watch.watching():
                inner = call_with(made, asked, {"params": params, "param": request.param, "data set": name})
        except InputError as error:
            if not isinstance(error.__cause__, _UNKNOWN):
                raise
            unknown = unknown or InputError(str(error))  # a caught one would hold what is being made
        else:
            if name != names[0]:
                _say_once(f"tracker {label}: has no parameters for '{names[0]}', gets those for '{name}'")
            _list_intervals(inner)
            _stop_debugging(inner)
            return inner
    raise unknown or InputError(f"tracker {label}: its class was given no data set")


def _list_intervals(tracker: Any) -> None:
    """Trackers that renew their template loop over intervals; MixFormer's take one number for data they do not know."""
    if isinstance(interval := getattr(tracker, "update_intervals", None), int):
        tracker.update_intervals = [interval]


def _stop_debugging(tracker: Any) -> None:
    """Some debug whatever their parameters say: they write pictures where their author's folder is."""
    if getattr(tracker, "debug", None):
        tracker.debug = 0


@functools.cache
def _say_once(message: str) -> None:
    logger.warning(f"note: {message}")


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """In a folder of its own: some trackers save a copy of their network where they are made."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="tracker") as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
