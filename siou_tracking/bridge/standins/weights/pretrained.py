"""ImageNet weights that a checkout's settings ask for: from a folder of the user's, else by download, else random."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any  # arguments of the function that is replaced, passed on

import torch
from torch.utils import model_zoo

from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.backbone import pretrained as weights
from siou_tracking.ltr.models.backbone import resnet

_NETWORKS = ("resnet18", "resnet50", "resnet101")


def backbone_weights(pretrained: bool) -> StandIn:
    """What answers when a backbone of the checkout asks for its weights.

    Args:
        pretrained: False gives it random ones, drawn from torch's generator.
    """

    def apply(patches: Patches) -> None:
        patches.set(model_zoo, "load_url", look_locally_first(model_zoo.load_url) if pretrained else random_weights)

    if not pretrained:
        return StandIn("ImageNet weights", "not wanted", "backbones start from random weights", "", apply=apply)
    found = [name for name in _NETWORKS if weights.find_weights(name)]
    state = f"{', '.join(found)} on this machine" if found else "none on this machine"
    hint = f"put torchvision's .pth files into the folder {weights.FOLDER_VARIABLE} names" if len(found) < 3 else ""
    return StandIn("ImageNet weights", state, "those of the user's first, else downloaded", hint, apply=apply)


def random_weights(url: str, *args: Any, **options: Any) -> dict[str, torch.Tensor]:
    """A state_dict of the network that `url` names, as it is initialized.

    Raises:
        InputError: a network other than ResNet-18, -50 and -101.
    """
    name = _name_network(url)
    if name not in _NETWORKS:
        raise InputError(f"backbone: {url}: got no network that random weights are known for, allowed: pretrained ones")
    return getattr(resnet, name)().state_dict()


def look_locally_first(download: Callable[..., Any]) -> Callable[..., Any]:
    """`download`, which is called only where neither the user nor this machine has the weights of an address."""

    def load_url(url: str, *args: Any, **options: Any) -> Any:
        name = _name_network(url)
        given = weights.given_weights(name)
        if given is not None:
            return _read_weights(name, given)
        path = weights.find_weights(name) if name in _NETWORKS else None
        if path is not None:
            return weights.read_weights(path)
        try:
            return download(url, *args, **options)
        except (OSError, RuntimeError) as error:
            raise InputError(
                f"ImageNet weights: {name}: not on this machine, and the download of {url} failed ({error}): put that "
                f"file into a folder and set {weights.FOLDER_VARIABLE} to it"
            ) from error

    return load_url


def _read_weights(name: str, path: Path) -> Any:
    """What a file of the user's holds; of a network known here only if it is that network's."""
    if name not in _NETWORKS:
        return weights.read_weights(path)
    with torch.device("meta"):
        net = getattr(resnet, name)()
    return weights.load_weights_file(net, name, path).state_dict()


def name_network(url: str) -> str | None:
    """The network known here whose weights are at `url`; None for any other."""
    name = _name_network(url)
    return name if name in _NETWORKS else None


def _name_network(url: str) -> str:
    return url.rpartition("/")[2].partition("-")[0].removesuffix(".pth")
