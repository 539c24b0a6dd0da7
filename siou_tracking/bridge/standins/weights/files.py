"""Files of pretrained weights that the kin's networks read or download while they are built.

A network asks for a file by a path in the checkout, in its working folder or on its author's disk, or by an address.
The user's own file is taken first; a network that is built to track gets none, since its checkpoint brings everything.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any  # arguments of the functions that are replaced, passed on

import numpy as np
import torch

from siou_tracking.bridge.standins.sources import Names, Sources
from siou_tracking.bridge.standins.weights.absent import NoWeights, take_nothing
from siou_tracking.bridge.standins.weights.askers import Asker, find_asker
from siou_tracking.bridge.standins.weights.origins import find_origin
from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.models.backbone import pretrained as places

logger = get_logger(__name__)

Read = Callable[..., Any]
_DOWNLOADERS = (
    "torch.hub",
    "torch.utils.model_zoo",
    "torchvision.models._api",
    "torchvision._internally_replaced_utils",
)
_DOWNLOADS = ("load_state_dict_from_url", "load_url")


def weight_files(sources: Sources, pretrained: bool) -> StandIn:
    """What answers when a network of the kin asks for a file or an address.

    Args:
        sources: of the checkout.
        pretrained: False answers with nothing, and networks stay as they were drawn.
    """

    def apply(patches: Patches) -> None:
        for owner in (torch, np):
            patches.set(owner, "load", _answer_paths(owner.load, sources, pretrained))
        patches.set(
            torch.nn.Module, "load_state_dict", _only_for_networks(torch.nn.Module.load_state_dict, sources.names)
        )
        download = _answer_addresses(torch.hub.load_state_dict_from_url, sources.names, pretrained)
        for module in filter(None, map(sys.modules.get, _DOWNLOADERS)):
            for name in _DOWNLOADS:
                if hasattr(module, name):
                    patches.set(module, name, download)

    if not pretrained:
        return StandIn("pretrained weights", "not wanted", "networks start from random weights", "", apply=apply)
    state = "asked for by file or address"
    consequence = "those of --pretrained first; none to track, for a checkpoint brings all"
    return StandIn("pretrained weights", state, consequence, "", apply=apply)


def _only_for_networks(load: Read, names: Names) -> Read:
    """`load_state_dict` that takes nothing from an empty mapping while the checkout's networks are built."""
    lenient = take_nothing(load)

    @functools.wraps(load)
    def load_state_dict(self: Any, state_dict: Any, *args: Any, **options: Any) -> Any:
        empty = len(state_dict) == 0 and find_asker(names) is not None
        return (lenient if empty else load)(self, state_dict, *args, **options)

    return load_state_dict


def _answer_paths(read: Read, sources: Sources, pretrained: bool) -> Read:
    @functools.wraps(read)
    def load(file: Any, *args: Any, **options: Any) -> Any:
        asker = find_asker(sources.names) if isinstance(file, (str, os.PathLike)) else None
        if asker is None:
            return read(file, *args, **options)
        path = Path(file)
        if asker is Asker.TRACKING or not pretrained:
            return _nothing(str(path), asker)
        found = places.given_file(path.name) or (path if path.is_file() else places.find_file(path.name))
        if found is None:
            raise InputError(_explain_absence(path, sources.root))
        return read(found, *args, **options)

    return load


def _answer_addresses(download: Read, names: Names, pretrained: bool) -> Read:
    @functools.wraps(download)
    def load_url(url: str, *args: Any, **options: Any) -> Any:
        asker = find_asker(names)
        if asker is Asker.TRACKING or not pretrained:
            return _nothing(url, asker or Asker.TRAINING)
        name = url.partition("?")[0].rpartition("/")[2]
        found = places.given_file(name) or places.find_file(name)
        if found is not None:
            return torch.load(found, map_location="cpu", weights_only=True)
        try:
            return download(url, *args, **options)
        except (OSError, RuntimeError) as error:
            raise InputError(
                f"pretrained weights: {name}: not on this machine, and the download of {url} failed ({error}): fetch "
                f"it and give --pretrained FILE, or put it into the folder that {places.FOLDER_VARIABLE} names"
            ) from error

    return load_url


def _nothing(source: str, asker: Asker) -> NoWeights:
    if asker is Asker.TRAINING:
        logger.info(f"backbone: begins with random weights, not with {source}")
    return NoWeights(source)


def _explain_absence(path: Path, root: Path) -> str:
    origin = find_origin(root, path.name)
    return (
        f"pretrained weights: {path.name}: not found at {path.absolute()}: put it there or give --pretrained FILE"
        f"{f' ({origin})' if origin else ''}; --no-pretrained starts from random weights"
    )
