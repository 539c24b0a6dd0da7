"""What the doctor says about a checkout: which one, its user's folders, and everything that a session has to supply."""

from __future__ import annotations

import os

from siou_tracking.bridge.checkout import HOME_VARIABLE, Checkout, find_checkout
from siou_tracking.bridge.environment import local_file
from siou_tracking.bridge.standins import plan
from siou_tracking.errors import InputError

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
    layout = checkout.layout
    rows = [(layout.title, str(checkout), "train, run and track use it with --checkout", "")]
    rows += [_describe_file(checkout, module) for module in (layout.training_local, layout.tracking_local)]
    return rows + [(found.component, found.state, found.consequence, found.hint) for found in plan(checkout)]


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
    return (name, "found", "its folders count where the command line gives none", "")
