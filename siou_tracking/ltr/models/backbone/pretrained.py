"""Where ImageNet weights come from: a file of the user's, torch's download cache, or the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import env_settings

FOLDER_VARIABLE = "SIOU_PRETRAINED_NETWORKS"
_BASE_URL = "https://download.pytorch.org/models"
_FILES = {
    "resnet18": "resnet18-f37072fd.pth",
    "resnet50": "resnet50-0676ba61.pth",
    "resnet101": "resnet101-63fe2227.pth",
}

Net = TypeVar("Net", bound=nn.Module)


def load_imagenet_weights(net: Net, name: str) -> Net:
    """Fill `net` with torchvision's ImageNet weights and return it.

    Looked for, in order: the folder in the environment variable SIOU_PRETRAINED_NETWORKS, the `pretrained_networks`
    folder of the environment settings, torch's download cache; any file called `<name>-*.pth` or `<name>.pth`. Then the
    file is downloaded to the cache.

    Args:
        net: a network with torchvision's parameter names, on the CPU or on the meta device.
        name: torchvision's name, such as "resnet18".

    Raises:
        InputError: no file and no download, or a file that is not this network's weights.
    """
    path = find_weights(name) or _download_weights(name)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        net.load_state_dict(state, assign=True)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"pretrained weights: {path}: got a file that is not {name}'s state_dict: {reason}") from error
    return net


def find_weights(name: str) -> Path | None:
    """The first file of that network's weights in the folders searched; None if there is none."""
    for folder in _list_folders():
        preferred = folder / _FILES[name]
        for path in [preferred, *sorted(folder.glob(f"{name}-*.pth")), folder / f"{name}.pth"]:
            if path.is_file():
                return path
    return None


def _list_folders() -> list[Path]:
    given = [os.environ.get(FOLDER_VARIABLE, ""), env_settings().pretrained_networks]
    return [*(Path(folder).expanduser() for folder in given if folder), Path(torch.hub.get_dir()) / "checkpoints"]


def _download_weights(name: str) -> Path:
    url = f"{_BASE_URL}/{_FILES[name]}"
    target = Path(torch.hub.get_dir()) / "checkpoints" / _FILES[name]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(target), hash_prefix=target.stem.split("-")[1])
    except Exception as error:
        raise InputError(
            f"pretrained weights: {name}: download of {url} failed ({error}): put that file into {target.parent} "
            f"or into the folder named by {FOLDER_VARIABLE}"
        ) from error
    return target
