"""Devices that are called by name where there is no GPU: "cuda" means the CPU, in every call that takes a device."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any  # arguments of torch's functions, passed on

import torch

from siou_tracking.bridge.supply.patches import Patches

_SHAPED = ("empty", "full", "ones", "rand", "randint", "randn", "zeros")
_MAKERS = (
    *_SHAPED,
    *(f"{name}_like" for name in _SHAPED),
    *(
        "arange",
        "as_tensor",
        "empty_strided",
        "eye",
        "from_file",
        "linspace",
        "logspace",
        "normal",
        "randperm",
        "range",
    ),
    *("scalar_tensor", "tensor", "tril_indices", "triu_indices"),
)
_METHODS = ("to", "new_empty", "new_full", "new_ones", "new_tensor", "new_zeros", "new_empty_strided")
_KINDS = ("Float", "Double", "Half", "Byte", "Char", "Short", "Int", "Long", "Bool")


def call_cuda_the_cpu(patches: Patches) -> None:
    """Make torch's functions that are given a device take the CPU for a GPU, by name, number or object."""
    for name in _MAKERS:
        patches.set(torch, name, on_cpu(getattr(torch, name)))
    for name in _METHODS:
        patches.set(torch.Tensor, name, on_cpu(getattr(torch.Tensor, name)))
    for kind in _KINDS:
        patches.set(torch.cuda, f"{kind}Tensor", getattr(torch, f"{kind}Tensor"))
    patches.set(torch, "load", _load_on_cpu(torch.load))


def on_cpu(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose arguments that name a GPU become the CPU."""

    @functools.wraps(function, updated=())
    def call(*args: Any, **options: Any) -> Any:
        if options.get("device") is not None:
            options["device"] = replace_device(options["device"])
        return function(
            *[replace_device(one) if isinstance(one, (str, torch.device)) else one for one in args], **options
        )

    return call


def replace_device(device: Any) -> Any:
    """The CPU in place of a GPU, named "cuda", "cuda:1" or by its number; any other device as it is."""
    if isinstance(device, int) and not isinstance(device, bool):
        return "cpu"
    kind = device.type if isinstance(device, torch.device) else str(device).partition(":")[0]
    return torch.device("cpu") if kind == "cuda" else device


def _load_on_cpu(load: Callable[..., Any]) -> Callable[..., Any]:
    """`torch.load`, which puts what was saved from a GPU onto the CPU."""

    @functools.wraps(load)
    def load_on_cpu(file: Any, map_location: Any = None, *args: Any, **options: Any) -> Any:
        if map_location is None or isinstance(map_location, (str, torch.device)):
            map_location = "cpu" if map_location is None else replace_device(map_location)
        return load(file, map_location, *args, **options)

    return load_on_cpu
