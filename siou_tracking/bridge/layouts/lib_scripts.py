"""Which of a kin checkout's files start its trainings: the one with `run_training`, and the scripts that it imports."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from siou_tracking.bridge.reading.missing_files import find_missing
from siou_tracking.untrusted.reading import peek_text

_SCRIPT = re.compile(r"['\"]lib\.train\.(\w+)['\"]")


def find_run_training(root: Path, packages: Collection[str], supplied: Collection[str]) -> Path:
    """The file with `run_training`; of several the one of that very name, unless its scripts import what is not there.

    So a copy of another tracker's, left beside the own, is passed over.

    Args:
        root: of the checkout, which has one.
        packages: see `find_missing`.
        supplied: likewise.
    """
    found = sorted((root / "lib" / "train").glob("run_training*.py"), key=lambda path: (len(path.stem), path.stem))
    whole = (path for path in found if not find_missing(root, main_scripts(path), packages, supplied))
    return found[0] if len(found) == 1 else next(whole, found[0])


def scripts(run_training: Path) -> list[Path]:
    """The training scripts that a file with `run_training` names, in order."""
    text = peek_text(run_training)
    named = [run_training.with_name(f"{name}.py") for name in dict.fromkeys(_SCRIPT.findall(text))]
    return [path for path in named if path.is_file()]


def main_scripts(run_training: Path) -> list[Path]:
    """Those that train without a teacher: the one for distillation is, in most, dead code of another tracker."""
    return [path for path in scripts(run_training) if "distill" not in path.name]
