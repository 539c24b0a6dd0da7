"""Which box term each actor of a checkout trains, as far as its source tells; nothing is imported.

A training makes its actor in one call, `SomeActor(net=..., objective=objective, ...)`. Which of the objectives is the
box term stands in the actor's methods, and what the dict holds beside that call. What is told here is for reading; what
a run exchanges is told by the objects themselves, see `siou_tracking.retrain`.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from siou_tracking.retrain.by_shape.search import KEYS
from siou_tracking.retrain.families import refusal
from siou_tracking.untrusted.reading import peek

NONE = "none"
_SCORE_HEAD = "none but the score head"
_BASE = "BaseActor"
_NO_BOXES = {"cls", "score", "ce", "focal"}
"""Objectives that are of no boxes."""
_UNTOLD = "one that the source does not tell"
_SCORES, _DENSITY = "IoU scores", "a density over boxes"
_NAMED = {
    "AtomActor": _SCORES,
    "DiMPActor": _SCORES,
    "AtomBBKLActor": _DENSITY,
    "KLDiMPActor": _DENSITY,
    "DiMPSimpleActor": _DENSITY,
}
"""What the actors of PyTracking learn whose box term is no loss of boxes."""


def box_terms(scripts: Iterable[Path], actors: Iterable[Path]) -> dict[str, list[str]]:
    """Box term to the names of the actors that train it; "none" for those that train none.

    Args:
        scripts: files that may make actors; a file that is no Python has none.
        actors: files with the actors' classes. What a script makes of another class is left out: dead code of another
            tracker, kept in a copy.
    """
    classes = {cls.name: cls for tree in map(_parse, actors) for cls in tree.body if isinstance(cls, ast.ClassDef)}
    found: dict[str, list[str]] = {}
    for tree in map(_parse, scripts):
        for making in _makings(tree, classes):
            names = found.setdefault(_term(making, classes, tree), [])
            if making.name not in names:
                names.append(making.name)
    if not found:  # made by name, out of a registry
        made = [_Making(name, frozenset(), False) for name in classes if name.endswith("Actor") and name != _BASE]
        for making in made:
            found.setdefault(_term(making, classes, ast.Module([], [])), []).append(making.name)
    return found


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(peek(path))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


@dataclasses.dataclass(frozen=True)
class _Making:
    """What stands where an actor is made."""

    name: str
    """Of its class."""
    keys: frozenset[str]
    """Of its objectives; empty where they cannot be told."""
    score_head: bool
    """Whether it is told to train its score head, which then is all it trains."""


def _makings(script: ast.Module, classes: Mapping[str, ast.ClassDef]) -> Iterator[_Making]:
    """Every actor that is made, or named to be made, in the order of the lines."""
    yield from _makings_in(script.body, frozenset(), classes)


def _makings_in(
    body: Iterable[ast.stmt], keys: frozenset[str], classes: Mapping[str, ast.ClassDef]
) -> Iterator[_Making]:
    for statement in body:
        blocks = [getattr(statement, name, None) for name in ("body", "orelse", "handlers", "finalbody")]
        inner = [one for block in blocks if isinstance(block, list) for one in block]
        if inner:
            yield from _makings_in(inner, keys, classes)
        elif isinstance(statement, ast.Assign) and _last_name(statement.targets[0]) == "objective":
            keys = _dict_keys(statement.value)
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            yield from _makings_at(statement, keys, classes)


def _makings_at(statement: ast.stmt, keys: frozenset[str], classes: Mapping[str, ast.ClassDef]) -> Iterator[_Making]:
    called = {id(node.func): node for node in ast.walk(statement) if isinstance(node, ast.Call)}
    for node in ast.walk(statement):
        name = _last_name(node) if isinstance(node, ast.expr) else None
        if name in classes:
            call = called.get(id(node))
            options = {option.arg: option.value for option in call.keywords} if call else {}
            second = call.args[1] if call and len(call.args) > 1 else None  # after the network
            own = _dict_keys(options.get("objective", second)) or keys
            score_head = options.get("run_score_head")
            yield _Making(str(name), own, isinstance(score_head, ast.Constant) and score_head.value is True)


def _dict_keys(node: ast.expr | None) -> frozenset[str]:
    keys = node.keys if isinstance(node, ast.Dict) else []
    return frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant))


def _term(making: _Making, classes: Mapping[str, ast.ClassDef], script: ast.Module) -> str:
    if making.score_head:
        return _SCORE_HEAD
    named = _NAMED.get(making.name)
    if named == _DENSITY and _mentions(script, "MLRegression") and not _mentions(script, "KLRegression"):
        return NONE
    if named or refusal(making.name):
        return named or NONE
    keys, methods = making.keys, list(_methods(making.name, classes).values())
    used = {key for method in methods for key in _objectives(method)}
    if not keys and any(_calls_objective(method) for method in methods):
        return "a set criterion"
    for key in KEYS:
        if key in used and (not keys or key in keys):
            return key
    functions = sorted({one for method in methods for one in _loss_functions(method)})
    if functions:
        return f"{functions[0]}()"
    return NONE if keys and (keys & used or keys) <= _NO_BOXES else _UNTOLD


def _mentions(script: ast.Module, name: str) -> bool:
    return any(_last_name(node) == name for node in ast.walk(script) if isinstance(node, ast.expr))


def _methods(name: str, classes: Mapping[str, ast.ClassDef]) -> dict[str, ast.FunctionDef]:
    """The methods that an actor's class has, those of its bases too."""
    cls = classes.get(name)
    if cls is None:
        return {}
    methods: dict[str, ast.FunctionDef] = {}
    for base in reversed(cls.bases):
        inherited = _last_name(base)
        methods |= _methods(inherited, {key: one for key, one in classes.items() if key != name}) if inherited else {}
    return methods | {one.name: one for one in cls.body if isinstance(one, ast.FunctionDef)}


def _objectives(method: ast.FunctionDef) -> Iterator[str]:
    """KEY of each `objective[KEY](...)` and `objective.KEY(...)`."""
    for node in ast.walk(method):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Subscript) and _last_name(called.value) == "objective":
            if isinstance(called.slice, ast.Constant):
                yield str(called.slice.value)
        elif isinstance(called, ast.Attribute) and _last_name(called.value) == "objective":
            yield called.attr


def _calls_objective(method: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Call) and _last_name(node.func) == "objective" for node in ast.walk(method))


def _loss_functions(method: ast.FunctionDef) -> Iterator[str]:
    """Functions with the name of a loss of boxes that are called by name."""
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            folded = node.func.id.casefold()
            if "iou" in folded and "loss" in folded:
                yield node.func.id


def _last_name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
