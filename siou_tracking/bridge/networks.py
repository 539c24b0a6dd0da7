"""The networks of a parameter set: which there are, and where their files are looked for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any  # a checkout's objects, whose classes are not known here

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint
from siou_tracking.ltr.admin.tensor_file import is_tensor_file
from siou_tracking.untrusted.reading import why_no_file


def network_holders(params: Any) -> list[Any]:
    """The objects of a parameter set that load a network: its wrapped nets, `params.net` first, and deep features."""
    own = vars(params)
    nets = [own[key] for key in sorted(own, key=lambda key: key != "net")]
    features = getattr(own.get("features"), "features", None) or []
    return [holder for holder in (*nets, *features) if hasattr(holder, "__dict__") and "net_path" in vars(holder)]


def find_network(path: str, folders: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], tracker: str) -> Path:
    """The file (or folder of checkpoints) that a parameter file names.

    Args:
        path: as in the parameter file, relative to one of `folders` or absolute.
        folders: `network_path` of the checkout's pytracking/evaluation/local.py: one folder or several.
        tracker: named in the error.

    Raises:
        InputError: it is in none of them; they are listed.
    """
    roots = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
    looked = [Path(root).expanduser() / path for root in roots]  # an absolute path stays itself
    for place in looked:
        if place.exists():
            return place.resolve()
    shown = " and ".join(dict.fromkeys(str(place.parent) for place in looked)) or "no folder"
    raise InputError(
        f"weights: tracker {tracker}: its network {Path(path).name} was not found in {shown} (network_path of "
        "pytracking/evaluation/local.py): give --weights FILE, or put it there (MODEL_ZOO.md has the links)"
    )


def find_weights(weights: str | os.PathLike[str]) -> Path:
    """The checkpoint that a user named for a checkout's tracker, or the latest of a folder of them.

    Raises:
        InputError: there is none, or it is a safetensors file, which a checkout cannot read.
    """
    path = Path(weights).expanduser()
    if path.is_dir():
        path = find_checkpoint(path)
    if not path.is_file():
        raise InputError(f"weights: {path}: {why_no_file(path)}: allowed is a checkpoint or a folder of them")
    if is_tensor_file(path):
        raise InputError(
            f"weights: {path}: got safetensors, a checkout reads .pth.tar only: siou-tracking convert {path} "
            f"{path.with_suffix('.pth.tar')}"
        )
    return path.resolve()
