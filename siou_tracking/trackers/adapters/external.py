"""Trackers from outside the package, named as 'module:Class', whichever of the two common interfaces they have."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: a class of the user's, whatever it is

import numpy as np

from siou_tracking.errors import InputError

if TYPE_CHECKING:
    from siou_tracking.trackers.base import Answer, Info, Tracker


class InitUpdateTracker:
    """A tracker with got10k's two calls, `init(image, box)` and `update(image)`, as a `base.Tracker`.

    Such trackers expect a PIL image, as got10k's toolkit hands them; boxes are xywh on both sides.

    Args:
        inner: has `init` and `update`.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def initialize(self, image: np.ndarray, info: Info) -> Answer:
        """Call `init` with a PIL image and the box as an array (4,)."""
        self.inner.init(_as_pil(image), np.asarray(info["init_bbox"], dtype=np.float64))
        return {"target_bbox": [float(value) for value in info["init_bbox"]]}

    def track(self, image: np.ndarray, info: Info | None = None) -> Answer:
        """Call `update` with a PIL image."""
        return {"target_bbox": np.asarray(self.inner.update(_as_pil(image)), dtype=np.float64).reshape(-1).tolist()}


def _as_pil(image: np.ndarray) -> Any:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(image))


def as_tracker(thing: Any, name: str = "tracker") -> Tracker:
    """`thing` if it has initialize/track, wrapped if it has init/update.

    Raises:
        InputError: it has neither pair.
    """
    if callable(getattr(thing, "initialize", None)) and callable(getattr(thing, "track", None)):
        return thing
    if callable(getattr(thing, "init", None)) and callable(getattr(thing, "update", None)):
        return InitUpdateTracker(thing)
    kind = type(thing).__name__
    raise InputError(f"tracker: {name}: got {kind}, allowed are classes with initialize/track or with init/update")


def load_class(reference: str) -> Callable[..., Any]:
    """The class or function that 'module:Class' names; modules in the current folder are found.

    Raises:
        InputError: not of that form, the module or the name in it does not exist, or the module raises.
    """
    module_name, colon, name = reference.partition(":")
    if not colon or not module_name or not name:
        raise InputError(f"tracker: '{reference}': got no module:Class, allowed is such as my_trackers:MyTracker")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise InputError(f"tracker: {reference}: no module named '{error.name}' on the Python path or here") from None
    except Exception as error:
        raise InputError(f"tracker: {reference}: the module raises {type(error).__name__}: {error}") from error
    found = getattr(module, name, None)
    if not callable(found):
        public = [entry for entry, value in vars(module).items() if inspect.isclass(value) and entry[0] != "_"]
        listed = ", ".join(sorted(public)) or "none"
        raise InputError(f"tracker: {reference}: module has no class '{name}', classes in it are {listed}")
    return found


def build_external(reference: str, **arguments: Any) -> Tracker:
    """Make the tracker that 'module:Class' names.

    Args:
        reference: see `load_class`.
        arguments: offered to the constructor, which gets those it has parameters for.

    Raises:
        InputError: see `load_class` and `as_tracker`, or the constructor needs more arguments or raises.
    """
    make = load_class(reference)
    accepted: Mapping[str, inspect.Parameter] = {}
    with contextlib.suppress(TypeError, ValueError):  # something written in C may have no signature
        accepted = inspect.signature(make).parameters
    takes_all = any(entry.kind is entry.VAR_KEYWORD for entry in accepted.values())
    given = {key: value for key, value in arguments.items() if takes_all or key in accepted}
    needed = [
        key
        for key, entry in accepted.items()
        if entry.default is entry.empty and entry.kind in (entry.POSITIONAL_OR_KEYWORD, entry.KEYWORD_ONLY)
    ]
    missing = [key for key in needed if key not in given]
    if missing:
        offered = ", ".join(sorted(arguments)) or "none"
        raise InputError(f"tracker: {reference}: constructor needs {', '.join(missing)}, offered are {offered}")
    try:
        made = make(**given)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"tracker: {reference}: the constructor raises {type(error).__name__}: {error}") from error
    return as_tracker(made, reference)
