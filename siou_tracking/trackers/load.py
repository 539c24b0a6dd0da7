"""From a file of weights, or its name, to a tracker: which one it is the file says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from siou_tracking.errors import InputError, did_you_mean
from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.registry import build_trained

FOLDERS_VARIABLE = "SIOU_WEIGHTS"
"""Environment variable with the folders that names are looked for in, separated as in PATH."""
SUFFIXES = (".safetensors", ".pth.tar", ".pth", ".onnx")
"""What a name is tried with, in this order."""
_TRACKERS = {"ATOMnet": "atom", "DiMPnet": "dimp", "ToMPnet": "tomp"}


def load_tracker(weights: str | os.PathLike[str], device: str | None = None, seed: int = 0) -> Tracker:
    """The tracker that was trained into a file, with the preset that suits its network.

    Args:
        weights: a checkpoint of ours or of PyTracking's, a safetensors file, a folder of a training (its latest
            checkpoint), an exported .onnx file, or the name of one in a folder of `weight_folders()`, without suffix.
        device: where to compute; None takes a GPU when there is one.
        seed: of everything random; equal seeds give equal boxes.

    Raises:
        InputError: nothing of that name, a file that cannot be used, or a network that is no tracker of one target.
    """
    path = find_weights(weights)
    if path.suffix == ".onnx":
        from siou_tracking.trackers.exported.registry import build_exported

        return build_exported(path, seed)
    from siou_tracking.device import check_device
    from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint
    from siou_tracking.ltr.admin.loading import read_checkpoint, verb_hint
    from siou_tracking.trackers.online.loading import TrainedNetwork

    if device is not None:
        check_device(device)  # before the file is read
    file = find_checkpoint(path) if path.is_dir() else path
    content = read_checkpoint(file)
    kind = str(content.get("net_type"))
    if kind not in _TRACKERS:
        raise InputError(f"weights: {file}: got a {kind}, allowed are {', '.join(_TRACKERS)}{verb_hint(kind)}")
    return build_trained(_TRACKERS[kind], None, TrainedNetwork.of(content, file), device, seed)


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
