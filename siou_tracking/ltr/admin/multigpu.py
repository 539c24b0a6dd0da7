"""`nn.DataParallel` whose wrapped network's attributes stay reachable, as upstream's settings files use it."""

from __future__ import annotations

from typing import Any  # an attribute of the wrapped network

from torch import nn
from torch.nn.parallel import DistributedDataParallel


class MultiGPU(nn.DataParallel):
    """One process, several GPUs; without a GPU the network is called as it is. Prefer `torchrun` for speed."""

    def __getattr__(self, item: str) -> Any:
        try:
            return super().__getattr__(item)
        except AttributeError:
            return getattr(super().__getattr__("module"), item)  # self.module would lead here again before it is set


class DistributedNet(DistributedDataParallel):
    """One process per device under `torchrun`; attributes of the wrapped network stay reachable."""

    def __getattr__(self, item: str) -> Any:
        try:
            return super().__getattr__(item)
        except AttributeError:
            return getattr(super().__getattr__("module"), item)


def is_multi_gpu(net: nn.Module) -> bool:
    """Whether `net` is a wrapper around the network proper."""
    return isinstance(net, nn.DataParallel | DistributedDataParallel)


def unwrap(net: nn.Module) -> nn.Module:
    """The network proper, without any wrapper, `torch.compile`'s included."""
    net = unwrap_devices(net)
    # The class of what torch.compile returns is private, and to import it takes seconds.
    while isinstance(inner := getattr(net, "_modules", {}).get("_orig_mod"), nn.Module):
        net = unwrap_devices(inner)
    return net


def unwrap_devices(net: nn.Module) -> nn.Module:
    """The network without a wrapper for several devices."""
    while isinstance(net, nn.DataParallel | DistributedDataParallel):
        net = net.module
    return net
