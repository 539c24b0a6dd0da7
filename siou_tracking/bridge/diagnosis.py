"""What the doctor says about a checkout: which one, its user's folders, and everything that a session has to supply."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from siou_tracking.bridge.checkout import HOME_VARIABLE, Checkout, find_checkout, inner_checkouts
from siou_tracking.bridge.environment import local_file
from siou_tracking.bridge.git_commit import is_as_committed
from siou_tracking.bridge.reading.box_terms import NONE, box_terms
from siou_tracking.bridge.settings_search import settings_in
from siou_tracking.bridge.standins import plan
from siou_tracking.bridge.standins.weights.origins import find_origin
from siou_tracking.bridge.tracker_files import checkout_trackers
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.backbone.pretrained import find_file

Texts = tuple[str, str, str, str]
"""Component, state, consequence, hint."""


def diagnose_checkout(path: str | os.PathLike[str] | None = None) -> list[Texts]:
    """The rows about the checkout at `path`, else at $PYTRACKING_HOME, else the one that Python would import.

    Raises:
        InputError: `path` is given and is no checkout.
    """
    try:
        checkout = find_checkout(path)
    except InputError as error:
        if path is not None:
            raise
        return [_describe_absence(str(error))]
    rows = [*_describe_itself(checkout), *_describe_parts(checkout)]
    return rows + [(found.component, found.state, found.consequence, found.hint) for found in plan(checkout)]


def _describe_itself(checkout: Checkout) -> Iterator[Texts]:
    """Which checkout it is, and what it can train and track."""
    layout, root = checkout.layout, checkout.root
    inside = f"another checkout in it: {', '.join(map(str, found))}" if (found := inner_checkouts(root)) else ""
    yield (layout.title, str(checkout), "train, run and track use it with --checkout", inside)
    terms = _box_terms(checkout)
    flag = "" if terms and all(term.startswith(NONE) for term in terms) else " --box-loss smooth_iou"
    settings = settings_in(checkout)
    command = f"siou-tracking train {settings[0]} --checkout {root}{flag}" if settings else ""
    yield ("settings", _count(settings, " "), "for train", command)
    yield ("box term", *_describe_box_terms(terms), "")
    yield ("trackers", _count(checkout_trackers(checkout), ":"), "for run and track", "")


def _count(names: Sequence[str], separator: str) -> str:
    """How many "FIRST SECOND" there are, and the first words."""
    return f"{len(names)} of {', '.join(sorted({name.partition(separator)[0] for name in names}))}" if names else "none"


def _box_terms(checkout: Checkout) -> dict[str, list[str]]:
    layout, root = checkout.layout, checkout.root
    actors = sorted(root.joinpath(*layout.training.split("."), "actors").glob("*.py"))
    return box_terms(layout.training_scripts(root), actors)


def _describe_box_terms(terms: Mapping[str, list[str]]) -> tuple[str, str]:
    if not terms:
        return "no actor found in its training scripts", "what --box-loss exchanges is told when training begins"
    named = sorted(terms.items(), key=lambda term: term[0].startswith(NONE))
    state = "; ".join(f"{term} of {', '.join(actors)}" for term, actors in named)
    refused = [term for term in terms if term.startswith(NONE)]
    learned = "what --box-loss exchanges" if len(refused) < len(terms) else "--box-loss is refused"
    return state, learned + (", refused where there is none" if refused and len(refused) < len(terms) else "")


def _describe_parts(checkout: Checkout) -> Iterator[Texts]:
    """Files of the checkout that are not as its code expects them, its user's included."""
    layout, root = checkout.layout, checkout.root
    for module in (layout.training_local, layout.tracking_local):
        yield _describe_file(checkout, module)
    if missing := checkout.missing():
        state = f"missing: {missing.importer} imports it in line {missing.line}"
        yield (missing.file, state, "it cannot train as it is", "a complete copy of the repository")
    for name, places in layout.weight_files(root).items():
        yield _describe_weights(root, name, places)


def _describe_weights(root: Path, name: str, places: Sequence[Path]) -> Texts:
    path = Path(name)
    found = next((place for place in places if place.is_file()), None) or find_file(path.name)
    if found:
        return (path.name, f"found at {found}", "its settings begin with it", "")
    origin = f" ({found_at})" if (found_at := find_origin(root, path.name)) else ""
    state, put = "not there", f"put it at {places[0]}{origin}, or give --pretrained FILE"
    if path.is_absolute():  # a place on its author's disk
        state, put = f"not at {path.parent}", f"give --pretrained FILE{origin}"
    return (path.name, state, "settings that name it do not train without it", f"{put}, or --no-pretrained")


def _describe_absence(reason: str) -> Texts:
    consequence = "the embedded engine trains and tracks"
    home = os.environ.get(HOME_VARIABLE, "")
    if not home:
        return ("PyTracking", "none given", consequence, "--checkout DIR, if wanted")
    state = f"{HOME_VARIABLE}={home} is no checkout"
    return ("PyTracking", state, consequence, reason.partition(": got ")[2] or reason)


def _describe_file(checkout: Checkout, module: str) -> Texts:
    """A file of folders; it is compiled, not run, for to run it may need the whole checkout."""
    path = local_file(checkout, module)
    name = str(path.relative_to(checkout.root))
    if not path.is_file():
        return (name, "none", "folders come from the command line; no such file is written", "")
    try:
        compile(path.read_bytes(), str(path), "exec")
    except (SyntaxError, ValueError) as error:
        return (name, f"broken: {error}", "not used: folders come from the command line", "correct or remove it")
    if is_as_committed(path):
        return (name, "its author's, as committed", "not used: folders come from the command line", "")
    those = "its folders count" if checkout.commit else "its folders count, if one of them is on this machine,"
    return (name, "found", f"{those} where the command line gives none", "")
