"""Box losses that an actor cannot learn, known from the settings file before anything is asked for or read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.retrain.choice import BoxLossChoice
from siou_tracking.retrain.families import MAXIMUM_LIKELIHOOD, check_choice, refusal, supported_actors
from siou_tracking.untrusted.reading import peek


def refuse_by_text(path: Path, flag: BoxLossChoice | None, find: Callable[[str], Path | None]) -> None:
    """Refuse a settings file that is asked for a box loss and names only actors that cannot learn it.

    What cannot be told from the text is left to the trainer's construction, where the actor itself is known.

    Args:
        path: the settings file.
        flag: the command line's box loss; without it the file may ask for one by `use_box_loss`.
        find: dotted name of a settings module that the file imports, to its file.

    Raises:
        InputError: naming the actor, and what to retrain instead or what the loss lacks.
    """
    names = set(_names_in(path, find, set()))
    if flag is None and "use_box_loss" not in names:
        return
    refused = {name: reason for name in sorted(names) if (reason := refusal(name))}
    supported = names.intersection(supported_actors())
    if supported == {"AtomBBKLActor"} and "MLRegression" in names and "KLRegression" not in names:
        refused, supported = {"AtomBBKLActor": MAXIMUM_LIKELIHOOD}, set()
    if refused and not supported:
        name, reason = next(iter(refused.items()))
        raise InputError(f"box loss {flag.name if flag else 'of the settings file'}: {name}: {reason}")
    if flag is not None and not refused and len(supported) == 1:  # of several the text does not tell which one trains
        check_choice(supported.pop(), flag)


def _names_in(path: Path, find: Callable[[str], Path | None], seen: set[Path]) -> Iterator[str]:
    """Every name in a Python file, and in the settings files that it imports; none of a file that is not Python."""
    if path in seen:
        return
    seen.add(path)
    try:
        tree = ast.parse(peek(path))
    except (SyntaxError, ValueError):
        return
    modules: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (alias.name for alias in node.names)
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    for module in modules:
        if file := find(module):
            yield from _names_in(file, find, seen)
