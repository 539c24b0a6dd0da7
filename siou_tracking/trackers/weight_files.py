"""Files of weights by name: what a path or a name means, wherever weights are asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from siou_tracking.errors import InputError, did_you_mean

FOLDERS_VARIABLE = "SIOU_WEIGHTS"
"""Environment variable with the folders that names are looked for in, separated as in PATH."""
SUFFIXES = (".safetensors", ".pth.tar", ".pth", ".onnx")
"""What a name is tried with, in this order."""


def find_weights(weights: str | os.PathLike[str]) -> Path:
    """The file or folder that is meant by a path or by a name.

    Raises:
        InputError: there is none; says where it was looked for, and the nearest name.
    """
    path = Path(weights).expanduser()
    if path.exists():
        return path
    folders = weight_folders()
    if path.name == os.fspath(weights):
        tried = [folder / f"{path.name}{suffix}" for folder in folders for suffix in ("", *SUFFIXES)]
        if found := next((one for one in tried if one.is_file()), None):
            return found
    hint = did_you_mean(path.name, _names(folders))
    where = ", ".join(map(os.fspath, folders))
    raise InputError(
        f"weights: {path}: not found, allowed are a file, a folder of a training, or a name in {where}{hint}"
    )


def weight_folders() -> list[Path]:
    """Where names of weights are looked for: those of `FOLDERS_VARIABLE`, else one in the user's cache."""
    named = [Path(one).expanduser() for one in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if one]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return named or [cache / "siou-tracking" / "weights"]


def _names(folders: list[Path]) -> Iterator[str]:
    for folder in folders:
        for path in folder.glob("*"):
            if suffix := next((one for one in SUFFIXES if path.name.endswith(one)), None):
                yield path.name.removesuffix(suffix)
