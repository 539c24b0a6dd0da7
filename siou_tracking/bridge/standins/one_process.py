"""Checkouts that train under torchrun alone: in one process the network is its own wrapper and nobody is waited for."""

from __future__ import annotations

import functools
import re
from types import ModuleType
from typing import Any  # a checkout's actor, whose class is not known here

import torch
from torch import nn

from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.untrusted.reading import peek

_WRAPPED = re.compile(rb"\bself\.net\.module\b")


def one_process(sources: Sources) -> StandIn | None:
    """What actors take for granted that call their network's wrapper by `self.net.module`."""
    actors = sources.folder(f"{sources.layout.training}.actors")
    if not any(_WRAPPED.search(peek(path)) for path in actors.glob("*.py")):
        return None

    def apply(patches: Patches) -> None:
        patches.set(torch.distributed, "barrier", _wait_for_others(torch.distributed.barrier))

    return StandIn(
        "one process",
        "not thought of: it trains under torchrun alone",
        "its network stands for the wrapper of it, and no other process is waited for",
        "",
        apply=apply,
        after_import={f"{sources.layout.training}.actors.base_actor": _let_networks_be_their_own},
    )


def _wait_for_others(barrier: Any) -> Any:
    @functools.wraps(barrier)
    def wait(*args: Any, **options: Any) -> Any:
        return barrier(*args, **options) if torch.distributed.is_initialized() else None

    return wait


def _let_networks_be_their_own(module: ModuleType, patches: Patches) -> None:
    init = module.BaseActor.__init__

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        net = getattr(self, "net", None)
        if isinstance(net, nn.Module) and not hasattr(net, "module"):
            vars(net)["module"] = net  # no part of it: parameters and checkpoints are as before

    patches.set(module.BaseActor, "__init__", __init__)
