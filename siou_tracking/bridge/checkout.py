"""Finding a PyTracking checkout and telling it from other packages of the same name, by files and never by import."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.machinery
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from siou_tracking.bridge.git_commit import head_commit, uncommitted_edits
from siou_tracking.errors import InputError

HOME_VARIABLE = "PYTRACKING_HOME"
_TRACKER = Path("pytracking", "evaluation", "tracker.py")
_TRAINER = Path("ltr", "run_training.py")
_EXPECTED = "allowed is a clone of github.com/visionml/pytracking, which holds pytracking/ and ltr/"


@dataclasses.dataclass(frozen=True)
class Checkout:
    """A clone of visionml/pytracking on this machine."""

    root: Path
    """The absolute folder that holds `pytracking/` and `ltr/`."""
    commit: str | None
    """The full hash of its commit; None where there is no git data, as in a downloaded archive."""

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
        return _require_checkout(Path(path), f"--pytracking {path}")
    home = os.environ.get(HOME_VARIABLE, "").strip()
    if home:
        return _require_checkout(Path(home), f"{HOME_VARIABLE}={home}")
    found = []
    for parent in _find_importable():
        root = _find_root(parent)
        if root is not None:
            return _make_checkout(root)
        found.append(f"; import finds {_describe_folder(parent)} at {parent / 'pytracking'}")
    raise InputError(
        f"PyTracking checkout: got neither --pytracking DIR nor {HOME_VARIABLE}{''.join(found[:1])}: {_EXPECTED}"
    )


def _require_checkout(path: Path, given: str) -> Checkout:
    folder = path.expanduser()
    root = _find_root(folder)
    if root is None:
        raise InputError(f"PyTracking checkout: {given}: got {_describe_folder(folder)}, {_EXPECTED}")
    return _make_checkout(root)


def _make_checkout(root: Path) -> Checkout:
    return Checkout(root, head_commit(root))


def _find_root(folder: Path) -> Path | None:
    """The root of the checkout that `folder` is, or whose `pytracking` folder it is; links are followed."""
    real = folder.resolve()
    for candidate in (real, real.parent if real.name == "pytracking" else real):
        if (candidate / _TRACKER).is_file() and (candidate / _TRAINER).is_file():
            return candidate
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
    package = next((place for place in (folder / "pytracking", folder) if (place / "__init__.py").is_file()), folder)
    has_tracker = (folder / _TRACKER).is_file() or (folder / "evaluation" / "tracker.py").is_file()
    if has_tracker:
        parent = folder if (folder / _TRACKER).is_file() else folder.absolute().parent
        if (parent / "ltr").is_dir():
            return "a pytracking/ beside an ltr/ without run_training.py (PyPI's 'ltr' is a learning-to-rank package)"
        return "an incomplete checkout: pytracking/ without ltr/ beside it"
    if (package / "tracking.py").is_file() or (package / "webhook.py").is_file():
        return "PyPI's 'pytracking', an e-mail click tracker"
    if (folder / "ltr").is_dir() or folder.name == "ltr":
        if (folder / _TRAINER).is_file() or (folder / _TRAINER.name).is_file():
            return "an incomplete checkout: ltr/ without pytracking/ beside it"
        return "an ltr/ without run_training.py, such as PyPI's 'ltr', a learning-to-rank package"
    if not any(folder.iterdir()):
        return "an empty folder"
    return "a folder without pytracking/evaluation/tracker.py and ltr/run_training.py"
