"""Names of checkpoint files, `<folder>/<NetClass>_ep0001.pth.tar`, one an epoch, as upstream lays them out.

A training that ends leaves the network alone beside its newest, `<NetClass>_ep0001.safetensors`, which goes with that
checkpoint. A run that is stopped within an epoch leaves `<NetClass>_step000057_of_epoch0003.pth.tar`, a name that
nothing takes for that of an epoch: it is for going on alone.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from siou_tracking.errors import InputError

_NAME = re.compile(r"(?P<net>.+)_ep(?P<epoch>\d+)\.pth\.tar")
_WEIGHTS_NAME = re.compile(r"(?P<net>.+)_ep(?P<epoch>\d+)\.safetensors")
_STEP_NAME = re.compile(r"(?P<net>.+)_step(?P<step>\d+)_of_epoch(?P<epoch>\d+)\.pth\.tar")


def checkpoint_path(folder: Path, net_type: str, epoch: int) -> Path:
    """The file of one epoch."""
    return folder / f"{net_type}_ep{epoch:04d}.pth.tar"


def weights_path(checkpoint: Path) -> Path:
    """The file with nothing but the network of a checkpoint, beside it; there or not."""
    return checkpoint.with_name(checkpoint.name.removesuffix(".pth.tar") + ".safetensors")


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint, and first what is beside it of its network."""
    weights_path(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def step_checkpoint_path(folder: Path, net_type: str, epoch: int, step: int) -> Path:
    """The file of a run that was stopped in an epoch, after so many steps of it."""
    return folder / f"{net_type}_step{step:06d}_of_epoch{epoch:04d}.pth.tar"


def find_step_checkpoints(folder: Path, net_type: str) -> dict[tuple[int, int], Path]:
    """Files of a network's run that was stopped within epochs, by epoch and step in rising order."""
    if not folder.is_dir():
        return {}
    matches = [(match, path) for path in folder.iterdir() if (match := _STEP_NAME.fullmatch(path.name))]
    found = {(int(match["epoch"]), int(match["step"])): path for match, path in matches if match["net"] == net_type}
    return dict(sorted(found.items()))


def find_resumable(folder: Path, net_type: str, within_epochs: bool = True) -> list[Path]:
    """Everything that a network's run can go on from, what came last first."""
    found = {(epoch, 0): path for epoch, path in find_checkpoints(folder).get(net_type, {}).items()}
    if within_epochs:
        stopped = find_step_checkpoints(folder, net_type)
        found |= {(epoch - 1, step): path for (epoch, step), path in stopped.items() if step}
    return [found[place] for place in sorted(found, reverse=True)]


def find_checkpoints(folder: Path) -> dict[str, dict[int, Path]]:
    """Checkpoints in `folder` by network class name, then by epoch in rising order."""
    return _find_epochs(folder, _NAME)


def find_weights_files(folder: Path) -> dict[str, dict[int, Path]]:
    """The same of files with a network alone."""
    return _find_epochs(folder, _WEIGHTS_NAME)


def _find_epochs(folder: Path, name: re.Pattern[str]) -> dict[str, dict[int, Path]]:
    found: dict[str, dict[int, Path]] = {}
    if folder.is_dir():
        for path in folder.iterdir():
            match = name.fullmatch(path.name)
            if match:
                found.setdefault(match["net"], {})[int(match["epoch"])] = path
    return {net: dict(sorted(epochs.items())) for net, epochs in sorted(found.items())}


def newest_checkpoint(folder: Path, net_type: str) -> Path | None:
    """The last epoch's checkpoint of a network in `folder`, if any."""
    found = find_checkpoints(folder).get(net_type, {})
    return found[max(found)] if found else None


def checkpoints_before(path: Path) -> list[Path]:
    """The checkpoints of earlier epochs of the run that `path` is of, the newest first; none for other file names."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return []
    epochs = find_checkpoints(path.parent).get(match["net"], {})
    return [epochs[epoch] for epoch in reversed(epochs) if epoch < int(match["epoch"])]


def find_checkpoint(folder: str | os.PathLike[str], epoch: int | None = None) -> Path:
    """The checkpoint of the given epoch in a folder, by default of the last; in one without any, the weights alone.

    Raises:
        InputError: there is none, or there are networks of several kinds.
    """
    folder = Path(folder).expanduser()
    found = find_checkpoints(folder) or find_weights_files(folder)
    if len(found) != 1:
        got = f"networks {', '.join(found)}; name one file" if found else "no file called <network>_ep<epoch>.pth.tar"
        raise InputError(f"checkpoint folder {folder}: {got}")
    epochs = next(iter(found.values()))
    if epoch is not None and epoch not in epochs:
        raise InputError(f"checkpoint folder {folder}: no epoch {epoch}, there are {min(epochs)} to {max(epochs)}")
    return epochs[max(epochs) if epoch is None else epoch]
