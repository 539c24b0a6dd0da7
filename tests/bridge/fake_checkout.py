"""A small checkout for tests: PyTracking's file names, class names and calls over tiny networks of our own."""

from __future__ import annotations

import shutil
from pathlib import Path

_SOURCE = Path(__file__).with_name("fake")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def make_fake_checkout(folder: Path) -> Path:
    """Write a fresh checkout into `folder`, which is made, and return it. It has a git commit but no `local.py`.

    Settings: bbreg atom, atom_prob_ml; dimp dimp18, prdimp18; tomp tomp50; kys kys; lwl lwl_stage1. All train 2 epochs
    of 4 samples, with GOT-10k as the data set. Trackers: atom default (`atom_default.pth`), dimp dimp18 (`dimp18.pth`).
    """
    for package in ("ltr", "pytracking"):
        shutil.copytree(_SOURCE / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".git" / "refs" / "heads").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/master\n")
    (folder / ".git" / "refs" / "heads" / "master").write_text(f"{COMMIT}\n")
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file under `folder` with its content, to compare before and after."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
