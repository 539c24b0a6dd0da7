"""Finding a checkout of PyTracking or its kin and telling it from other packages, by files and never by import."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.machinery
import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from siou_tracking.bridge.git_commit import head_commit, uncommitted_edits
from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.bridge.reading.frameworks import find_framework
from siou_tracking.bridge.reading.missing_files import MissingFile, find_missing
from siou_tracking.errors import InputError
from siou_tracking.wording import listed

HOME_VARIABLE = "PYTRACKING_HOME"
LAYOUTS: list[Layout] = [PyTrackingLayout(), LibLayout()]
"""Every layout that is recognized; a further one is a file in `layouts/` and its entry here."""
_SHOWN = 8
"""Names in a message, at most."""


@dataclasses.dataclass(frozen=True)
class Checkout:
    """A clone of visionml/pytracking, or of a project of its kin, on this machine."""

    root: Path
    """The absolute folder that holds its packages."""
    commit: str | None
    """The full hash of its commit; None where there is no git data, as in a downloaded archive."""
    layout: Layout
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

    def missing(self) -> MissingFile | None:
        """A file that every training with it imports and that is not there."""
        layout = self.layout
        return find_missing(self.root, layout.entries(self.root), layout.packages(self.root), layout.supplied())


def find_checkout(path: str | os.PathLike[str] | None = None) -> Checkout:
    """The checkout at `path`, else at $PYTRACKING_HOME, else the one that `import` would find.

    Args:
        path: its root, or a folder in it such as `pytracking`, `lib` or `experiments`.

    Raises:
        InputError: none there; the message says what was found instead, such as PyPI's e-mail package `pytracking`.
    """
    if path is not None:
        return _require_checkout(Path(path), f"--checkout {path}")
    home = os.environ.get(HOME_VARIABLE, "").strip()
    if home:
        return _require_checkout(Path(home), f"{HOME_VARIABLE}={home}")
    found = []
    for package in _find_importable():
        checkout = _recognize(package.parent)
        if checkout is not None:
            return checkout
        described = _describe_folder(package.parent).removesuffix(f", {_expected()}")
        found.append(f"; import finds {described} at {package}")
    raise InputError(f"checkout: got neither --checkout DIR nor {HOME_VARIABLE}{''.join(found[:1])}: {_expected()}")


def inner_checkouts(folder: Path) -> list[Path]:
    """The checkouts among the folders of a folder and, where one is none, among its own; sorted.

    What lies in a folder `external` is a part of the checkout around it.
    """
    found = []
    for child in _folders(folder):
        inside = [child] if _layouts_of(child) else [one for one in _folders(child) if _layouts_of(one)]
        found += inside
    return found


def _require_checkout(path: Path, given: str) -> Checkout:
    folder = path.expanduser()
    try:
        found = _recognize(folder)
        described = None if found else _describe_folder(folder)
    except PermissionError as error:
        found, described = None, f"a folder that may not be read ({error.filename})"
    if found is None:
        raise InputError(f"checkout: {given}: got {described}")
    return found


def _recognize(folder: Path) -> Checkout | None:
    """The checkout that `folder` is or lies in; links are followed."""
    below = ""
    for candidate in _upwards(folder.resolve()):
        layouts = _layouts_of(candidate)
        if layouts:  # in a tree of both layouts, a folder of the one's packages means that one
            layout = next((one for one in layouts if below in one.packages(candidate)), layouts[0])
            return Checkout(candidate, head_commit(candidate), layout)
        if find_framework(candidate):
            return None
        below = candidate.name
    return None


def _layouts_of(folder: Path) -> list[Layout]:
    return [layout for layout in LAYOUTS if layout.is_root(folder)]


def _upwards(folder: Path) -> Iterator[Path]:
    """The folder and those around it, as far as the top of its repository."""
    for candidate in (folder, *folder.parents):
        yield candidate
        if (candidate / ".git").exists():
            return


def _folders(folder: Path) -> list[Path]:
    try:
        shown = (one for one in folder.iterdir() if not one.name.startswith(".") and one.name != "external")
        return sorted(one for one in shown if one.is_dir())
    except OSError:
        return []


def _find_importable() -> Iterator[Path]:
    """The tracking packages that `import` would find; nothing is imported."""
    for name in (layout.tracking for layout in LAYOUTS if layout.importable):
        specs = [importlib.machinery.PathFinder.find_spec(name)]
        with contextlib.suppress(ValueError, ImportError):
            specs.append(importlib.util.find_spec(name))  # also what editable installs register
        for spec in filter(None, specs):
            yield from map(Path, spec.submodule_search_locations or ())


def _describe_folder(folder: Path) -> str:
    """What a folder that is no checkout is instead, and what is allowed or to be done."""
    if not folder.exists():
        return f"no such folder, {_expected()}"
    if not folder.is_dir():
        return f"a file, {_expected()}"
    if inside := inner_checkouts(folder):
        return _choose_from(inside)
    for candidate in _upwards(folder.resolve()):
        if framework := find_framework(candidate):
            return f"{framework.name}: {framework.advice}"
        if remains := next((text for one in LAYOUTS if (text := one.describe_remains(candidate))), None):
            return f"{remains}, {_expected()}"
    held = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if not held:
        return f"an empty folder, {_expected()}"
    without = ", or ".join(layout.known_by for layout in LAYOUTS)
    return f"a folder without {without}: it holds {listed(held, _SHOWN)}: {_expected()}"


def _expected() -> str:
    return f"allowed are {' or '.join(layout.expected for layout in LAYOUTS)}"


def _choose_from(inside: Sequence[Path]) -> str:
    if len(inside) == 1:
        return f"a folder that holds a checkout and is none: give {inside[0]}"
    return f"a folder of {len(inside)} checkouts: give one of them: {listed([str(path) for path in inside], _SHOWN)}"
