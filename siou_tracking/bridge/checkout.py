"""Finding a checkout of PyTracking or its kin and telling it from other packages, by files and never by import."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.machinery
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from siou_tracking.bridge.git_commit import head_commit, uncommitted_edits
from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.errors import InputError

HOME_VARIABLE = "PYTRACKING_HOME"
_PYTRACKING = PyTrackingLayout()
LAYOUTS: tuple[Layout, ...] = (_PYTRACKING, LibLayout())
"""Every layout that is recognized."""
_EXPECTED = f"allowed are {' or '.join(layout.expected for layout in LAYOUTS)}"


@dataclasses.dataclass(frozen=True)
class Checkout:
    """A clone of visionml/pytracking, or of a project of its kin, on this machine."""

    root: Path
    """The absolute folder that holds its packages."""
    commit: str | None
    """The full hash of its commit; None where there is no git data, as in a downloaded archive."""
    layout: Layout = _PYTRACKING
    """How its folders and packages are named."""

    def __str__(self) -> str:
        commit = f"commit {self.commit[:12]}" if self.commit else "commit unknown"
        edited = ", with uncommitted edits" if self.edits() else ""
        return f"{self.root} ({commit}{edited})"

    def version(self) -> str:
        """The commit, with a short hash of uncommitted edits after a plus; 'unknown' without git data."""
        edits = self.edits()
        return (self.commit or "unknown") + (f"+{edits}" if edits else "")

    def edits(self) -> str | None:
        """See `git_commit.uncommitted_edits`; None where the commit is unknown."""
        return None if self.commit is None else uncommitted_edits(self.root)


def find_checkout(path: str | os.PathLike[str] | None = None) -> Checkout:
    """The checkout at `path`, else at $PYTRACKING_HOME, else the one that `import pytracking` would find.

    Args:
        path: its root or the `pytracking` folder in it.

    Raises:
        InputError: none there; the message says what was found instead, such as PyPI's e-mail package `pytracking`.
    """
    if path is not None:
        return _require_checkout(Path(path), f"--checkout {path}")
    home = os.environ.get(HOME_VARIABLE, "").strip()
    if home:
        return _require_checkout(Path(home), f"{HOME_VARIABLE}={home}")
    found = []
    for parent in _find_importable():
        checkout = _recognize(parent)
        if checkout is not None:
            return checkout
        found.append(f"; import finds {_describe_folder(parent)} at {parent / 'pytracking'}")
    raise InputError(f"checkout: got neither --checkout DIR nor {HOME_VARIABLE}{''.join(found[:1])}: {_EXPECTED}")


def _require_checkout(path: Path, given: str) -> Checkout:
    folder = path.expanduser()
    found = _recognize(folder)
    if found is None:
        raise InputError(f"checkout: {given}: got {_describe_folder(folder)}, {_EXPECTED}")
    return found


def _recognize(folder: Path) -> Checkout | None:
    """The checkout that `folder` is or belongs to; links are followed."""
    for layout in LAYOUTS:
        root = layout.find_root(folder.resolve())
        if root is not None:
            return Checkout(root, head_commit(root), layout)
    return None


def _find_importable() -> Iterator[Path]:
    """The folders that hold what `import pytracking` would find; nothing is imported."""
    specs = [importlib.machinery.PathFinder.find_spec("pytracking")]
    with contextlib.suppress(ValueError, ImportError):
        specs.append(importlib.util.find_spec("pytracking"))  # also what editable installs register
    for spec in specs:
        for location in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(location).parent


def _describe_folder(folder: Path) -> str:
    """What a folder that is no checkout is instead."""
    if not folder.exists():
        return "no such folder"
    if not folder.is_dir():
        return "a file"
    for layout in LAYOUTS:
        if remains := layout.describe_remains(folder):
            return remains
    if not any(folder.iterdir()):
        return "an empty folder"
    return "a folder without pytracking/evaluation/tracker.py and ltr/run_training.py, or lib/train/run_training.py"
