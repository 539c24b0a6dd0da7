"""What is known of a checkout without running it: its commit, its licence, and what lies in it beside its commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

_LICENCES = {
    "MIT License": "MIT",
    "Apache License Version 2.0": "Apache-2.0",
    "GNU GENERAL PUBLIC LICENSE Version 3": "GPL-3.0",
}
"""Title of a licence text to its short name."""


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commit(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD").strip()


def licence(folder: Path) -> str:
    """By the title of the licence file in the folder or at the top of its repository; "none" where there is no file."""
    for place in (folder, Path(git(folder, "rev-parse", "--show-toplevel").strip())):
        for path in sorted(path for path in place.glob("*") if path.stem.upper() in ("LICENSE", "LICENCE", "COPYING")):
            head = " ".join(path.read_text(errors="replace").split()[:40])
            return next((name for title, name in _LICENCES.items() if title in head), f"not known: {head[:40]}")
    return "none"


def untouched(folder: Path) -> list[str]:
    """What is in the checkout beside its commit: nothing, ignored files such as .pyc and local.py included."""
    return git(folder, "status", "--ignored", "--short").splitlines()
