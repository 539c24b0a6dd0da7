"""Files of pretrained weights that the kin's networks read or download while they are built.

A network asks for a file by a path in the checkout, in the working folder or on its author's disk, or by an address.
The user's own file is taken first; a network that is built to track gets none, since its checkpoint brings everything.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any  # arguments of the functions that are replaced, passed on

import numpy as np
import torch

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.standins.weights.absent import NoWeights
from siou_tracking.bridge.standins.weights.askers import Asker, find_asker
from siou_tracking.bridge.standins.weights.origins import find_origin
from siou_tracking.bridge.standins.weights.pretrained import look_locally_first, name_network
from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.models.backbone import pretrained as places

logger = get_logger(__name__)

Call = Callable[..., Any]
_DOWNLOADERS = ("torch.hub", "torch.utils.model_zoo", "torchvision.models._api")
_DOWNLOADS = ("load_state_dict_from_url", "load_url")


def weight_files(sources: Sources, pretrained: bool) -> StandIn:
    """What answers when a network of the kin asks for a file or an address.

    Args:
        sources: of the checkout.
        pretrained: False answers with nothing, and networks stay as they were drawn.
    """
    answers, layout = _Answers(sources, pretrained), sources.layout
    top = layout.models.partition(".")[0]
    after = {
        f"{top}.utils.misc": answers.build_as_other_ranks,
        "util.misc": answers.build_as_other_ranks,
        layout.trainer: answers.check_before_training,
    }
    state = "asked for by file or address" if pretrained else "not wanted"
    to_track = "none to track, for a checkpoint brings all"
    consequence = f"those of --pretrained first; {to_track}" if pretrained else "networks start from random weights"
    return StandIn("pretrained weights", state, consequence, "", apply=answers.apply, after_import=after)


class _Answers:
    """The functions that answer, and the request that could not be answered."""

    def __init__(self, sources: Sources, pretrained: bool) -> None:
        self.root, self.sources, self.pretrained = sources.root, sources, pretrained
        self.missed: InputError | None = None

    def apply(self, patches: Patches) -> None:
        """Answer for the length of a session."""
        self.missed = None
        for owner in (torch, np):
            patches.set(owner, "load", self.answer_paths(owner.load))
        patches.set(torch.nn.Module, "load_state_dict", self.let_take_nothing(torch.nn.Module.load_state_dict))
        download = self.answer_addresses(torch.hub.load_state_dict_from_url)
        for module in filter(None, map(sys.modules.get, _DOWNLOADERS)):
            for name in _DOWNLOADS:
                if hasattr(module, name):
                    patches.set(module, name, download)

    def leave_out(self, asker: Asker | None) -> bool:
        """Whether who asks gets nothing."""
        return asker is Asker.TRACKING or (asker is Asker.TRAINING and not self.pretrained)

    def answer_paths(self, read: Call) -> Call:
        """torch's or NumPy's `load`."""

        @functools.wraps(read)
        def load(file: Any, *args: Any, **options: Any) -> Any:
            named = file is None or isinstance(file, (str, os.PathLike))
            asker = find_asker(self.sources) if named else None
            if asker is None:
                return read(file, *args, **options)
            if self.leave_out(asker):
                return _nothing(str(file or "a file that its settings do not name"), asker)
            return read(self.find(file), *args, **options)

        return load

    def find(self, file: str | os.PathLike[str] | None) -> Path:
        """The user's file, else the one asked for, in the checkout as well, else one of its name."""
        path = Path(file or "a file that its settings do not name")
        inside = Path(os.path.normpath(self.root / path))  # an absolute path stays itself
        found = places.given_file(path.name)
        found = found or next((place for place in (path, inside) if place.is_file()), None)
        found = found or places.find_file(path.name)
        self.missed = None
        if found is None:
            origin = find_origin(self.root, path.name)
            self.missed = InputError(
                f"pretrained weights: {path.name}: not found at {inside}: put it there or give --pretrained FILE"
                f"{f' ({origin})' if origin else ''}; --no-pretrained starts from random weights"
            )
            raise self.missed
        return found

    def answer_addresses(self, download: Call) -> Call:
        """The functions that download."""
        of_resnets = look_locally_first(download)

        @functools.wraps(download)
        def load_url(url: str, *args: Any, **options: Any) -> Any:
            asker = find_asker(self.sources)
            if self.leave_out(asker or Asker.TRAINING):
                return _nothing(url, asker or Asker.TRAINING)
            if name_network(url) is not None:
                return of_resnets(url, *args, **options)
            name = url.partition("?")[0].rpartition("/")[2]
            found = places.given_file(name) or places.find_file(name)
            if found is not None:
                return places.read_weights(found)
            try:
                return download(url, *args, **options)
            except (OSError, RuntimeError) as error:
                self.missed = InputError(
                    f"pretrained weights: {name}: not on this machine, and the download of {url} failed ({error}): "
                    f"give --pretrained FILE, or put it into the folder that {places.FOLDER_VARIABLE} names"
                )
                raise self.missed from error

        return load_url

    def let_take_nothing(self, load: Call) -> Call:
        """`load_state_dict` that takes nothing from an empty mapping while the checkout's networks are built."""

        @functools.wraps(load)
        def load_state_dict(network: Any, state_dict: Any, strict: bool = True, *args: Any, **options: Any) -> Any:
            empty = len(state_dict) == 0 and find_asker(self.sources) is not None
            return load(network, state_dict, strict and not empty, *args, **options)

        return load_state_dict

    def build_as_other_ranks(self, module: ModuleType, patches: Patches) -> None:
        """Where weights are left out a backbone is made as on the ranks that ask for none."""
        is_main_process = getattr(module, "is_main_process", None)
        if is_main_process is None:
            return

        @functools.wraps(is_main_process)
        def asks_for_weights() -> bool:
            return not self.leave_out(find_asker(self.sources)) and is_main_process()

        patches.set(module, "is_main_process", asks_for_weights)

    def check_before_training(self, module: ModuleType, patches: Patches) -> None:
        """A network may catch the error about its file, and would train from random weights without a word."""
        owner = getattr(module, "BaseTrainer", None)
        if owner is None:
            return
        init = owner.__init__

        @functools.wraps(init)
        def __init__(trainer: Any, *args: Any, **options: Any) -> None:
            if self.missed is not None:
                raise self.missed
            init(trainer, *args, **options)

        patches.set(owner, "__init__", __init__)


def _nothing(source: str, asker: Asker) -> NoWeights:
    if asker is Asker.TRAINING:
        logger.info(f"backbone: begins with random weights, not with {source}")
    return NoWeights(source)
