"""Unpickling with a handful of classes of plain data that are known by name, in whichever package a file has them.

Forks keep PyTracking's classes in packages of their own. A name is taken for one of the classes known by its last two
parts, such as `stats.AverageMeter`; what another package has under that name is never imported.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any  # what a file holds, and classes

import torch

_REFUSED = re.compile(r"GLOBAL (\S+)")


def load_plain(load: Callable[[], Any], known: Sequence[tuple[Any, str]], others: Iterable[Any] = ()) -> Any:
    """What `load` reads with torch's `weights_only`; it is called again where a file has another package's names.

    Args:
        load: reads a file from its beginning.
        known: classes of plain data, each with the whole name that files have for it.
        others: what else torch may be told, see `torch.serialization.safe_globals`.

    Raises:
        UnpicklingError: the file holds an object of another class; see `refused_class`.
    """
    names, others = list(known), list(others)
    while True:
        try:
            with torch.serialization.safe_globals([*names, *others]):
                return load()
        except pickle.UnpicklingError as error:
            more = _names_beside(refused_class(error) or "", names)
            if not more:
                raise
            names += more


def refused_class(error: Exception) -> str | None:
    """The whole name of the class for which torch refuses a file; None where that is not why."""
    refused = _REFUSED.search(str(error))
    return refused[1] if refused else None


def _names_beside(name: str, known: Sequence[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """All classes known, under the names that they have in the package of `name`, if that is one of them."""
    package, tail = _split(name)
    tails = {_split(other)[1]: one for one, other in known}
    if tail not in tails or any(name == other for _, other in known):
        return []
    return [(one, f"{package}.{part}") for part, one in tails.items()]


def _split(name: str) -> tuple[str, str]:
    """Package, and module with class."""
    parts = name.split(".")
    return ".".join(parts[:-2]), ".".join(parts[-2:])
