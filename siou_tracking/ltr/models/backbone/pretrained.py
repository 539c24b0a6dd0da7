"""Where ImageNet weights come from: a file of the user's, torch's download cache, or the network."""

from __future__ import annotations

import contextlib
import contextvars
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar  # Any: what a file holds

import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.environment import env_settings
from siou_tracking.untrusted.torch_files import check_torch_file

logger = get_logger(__name__)

FOLDER_VARIABLE = "SIOU_PRETRAINED_NETWORKS"
_BASE_URL = "https://download.pytorch.org/models"
_FILES = {
    "resnet18": "resnet18-f37072fd.pth",
    "resnet50": "resnet50-0676ba61.pth",
    "resnet101": "resnet101-63fe2227.pth",
}

Net = TypeVar("Net", bound=nn.Module)


class _GivenWeights:
    """What `pretrained_weights` was given, and whether a network was made of it."""

    def __init__(self, source: bool | str | os.PathLike[str]) -> None:
        self.wanted = source is not False
        self.path = None if isinstance(source, bool) else Path(source).expanduser()
        self.used = False
        self.asked = ""


_given: contextvars.ContextVar[_GivenWeights | None] = contextvars.ContextVar("given_weights", default=None)


@contextlib.contextmanager
def pretrained_weights(source: bool | str | os.PathLike[str]) -> Iterator[None]:
    """Inside the block networks that ask for ImageNet weights get those of `source`.

    Args:
        source: True for what is found, see `load_imagenet_weights`; False for random ones; a file, or a folder with one
            for each network.
    """
    token = _given.set(_GivenWeights(source))
    try:
        yield
    finally:
        _given.reset(token)


def wants_weights(name: str, asked: bool) -> bool:
    """Whether network `name` gets weights: if it asks for them, unless the user wants none, which is said."""
    given = _given.get()
    if asked and given is not None and not given.wanted:
        logger.info(f"backbone {name}: begins with random weights, not with ImageNet's")
        return False
    return asked


def check_weights_were_used() -> None:
    """Before a training: refuse weights that were given and that no network asked for.

    Raises:
        InputError: names them.
    """
    given = _given.get()
    if given is not None and given.path is not None and not given.used:
        raise InputError(f"--pretrained: {given.path}: not used: the settings ask for no ImageNet weights")


def given_weights(name: str) -> Path | None:
    """The file that the user gave for network `name`; None where none was given.

    Raises:
        InputError: the folder given has none for this network.
    """
    given = _given.get()
    if given is None or given.path is None:
        return None
    path = given.path
    if path.is_dir():
        found = _find_in(path, name)
        if found is None:
            raise InputError(f"--pretrained: {path}: no file for {name}: allowed are {name}-*.pth and {name}.pth")
        path = found
    given.used = True
    logger.info(f"backbone {name}: ImageNet weights of {path}")
    return path


def given_file(name: str) -> Path | None:
    """The user's own in place of a file that a checkout asks for by name; None where none was given.

    Raises:
        InputError: the folder given does not have it, or one file was given and another one was asked for before.
    """
    given = _given.get()
    if given is None or given.path is None:
        return None
    path = given.path / name if given.path.is_dir() else given.path
    if not path.is_file():
        raise InputError(f"--pretrained: {given.path}: no file {name}, which the checkout asks for")
    if path.name != name and given.asked not in ("", name):
        raise InputError(
            f"--pretrained: {path}: got one file, and the checkout asks for {given.asked} and {name}: give a folder "
            "with both"
        )
    given.used, given.asked = True, name
    logger.info(f"backbone: {name}: weights of {path}")
    return path


def find_file(name: str) -> Path | None:
    """A file of that name in the folders searched; None if there is none."""
    return next((path for folder in _list_folders() if (path := folder / name).is_file()), None)


def load_imagenet_weights(net: Net, name: str) -> Net:
    """Fill `net` with torchvision's ImageNet weights and return it.

    Those of `pretrained_weights`, where given. Else looked for, in order: the folder in the environment variable
    SIOU_PRETRAINED_NETWORKS, the `pretrained_networks` folder of the environment settings, torch's download cache; any
    file called `<name>-*.pth` or `<name>.pth`. Then the file is downloaded to the cache.

    Args:
        net: a network with torchvision's parameter names, on the CPU or on the meta device.
        name: torchvision's name, such as "resnet18".

    Raises:
        InputError: no file and no download, or a file that is not this network's weights.
    """
    path = given_weights(name) or find_weights(name) or _download_weights(name)
    return load_weights_file(net, name, path)


def load_weights_file(net: Net, name: str, path: Path) -> Net:
    """Fill `net`, which is network `name`, with a file's weights and return it; raises as `load_imagenet_weights`."""
    try:
        state = read_weights(path)
        net.load_state_dict(state, assign=True)
    except Exception as error:
        reason = str(error).splitlines()[0].partition(". ")[0]
        raise InputError(f"pretrained weights: {path}: got a file that is not {name}'s state_dict: {reason}") from error
    return net


def read_weights(path: Path) -> Any:
    """What a file of weights holds, on the CPU; nothing in it is run.

    Raises:
        InputError: see `check_torch_file`.
        UnpicklingError, RuntimeError: it holds something else, or is damaged.
    """
    check_torch_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def find_weights(name: str) -> Path | None:
    """The first file of that network's weights in the folders searched; None if there is none."""
    return next((path for folder in _list_folders() if (path := _find_in(folder, name))), None)


def _find_in(folder: Path, name: str) -> Path | None:
    preferred = [folder / _FILES[name]] if name in _FILES else []
    paths = [*preferred, *sorted(folder.glob(f"{name}-*.pth")), folder / f"{name}.pth"]
    return next((path for path in paths if path.is_file()), None)


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
