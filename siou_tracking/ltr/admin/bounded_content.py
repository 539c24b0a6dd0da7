"""What a checkpoint's content may be before anything is built of it, and a network that is built from its arguments.

A file of a few kilobytes can ask its constructor for a layer of terabytes, or hold a tensor that is one number repeated
over terabytes.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from typing import Any  # what a checkpoint holds, and a module

import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.model_constructor import NetConstructor
from siou_tracking.untrusted.reading import MIB

_SPARE = 256 * MIB
"""Bytes that a network may have beyond its file: windows and position codes that it computes, and what a file of
another network lacks, of which the difference in names tells more."""
_SHARED = 8
"""How often the tensors of a file may share its numbers, on average."""
_LARGEST_ARGUMENT = 100_000
_ENTRIES: dict[str, type] = {"net_type": str, "epoch": int, "box_loss": dict}
_CONSTRUCTOR: dict[str, tuple[type, ...]] = {
    "fun_name": (str,),
    "fun_module": (str,),
    "args": (tuple, list),
    "kwds": (dict,),
}


def check_content(content: Mapping[str, Any], size: int, where: str) -> None:
    """Refuse entries that are not of the kind that a checkpoint has.

    Args:
        content: of a file, with a dictionary "net".
        size: of the file, bytes.
        where: names it in the error.

    Raises:
        InputError: a name in "net" that is no text, a tensor in it that is not dense or not there, tensors anywhere of
            more numbers than the file can have, or another entry of the wrong kind.
    """
    for name, value in content["net"].items():
        if not isinstance(name, str):
            raise InputError(f"{where}: net: got the name {name!r:.40}, allowed are texts")
        if isinstance(value, Tensor) and not _is_dense(value):
            kind = "a meta" if value.is_meta else "a quantized" if value.is_quantized else f"a {value.layout}"
            raise InputError(f"{where}: net: {name}: got {kind} tensor, allowed are dense ones with numbers")
    total = sum(value.numel() * value.element_size() for value in _tensors(content))
    if total > _SHARED * size + _SPARE:
        raise InputError(f"{where}: got tensors of {total:,} bytes in a file of {size:,}: they repeat its numbers")
    for key, wanted in _ENTRIES.items():
        entry = content.get(key)
        if entry is not None and (not isinstance(entry, wanted) or isinstance(entry, bool)):
            raise InputError(f"{where}: {key}: got {entry!r:.40}, allowed is {wanted.__name__}")
    check_constructor(content.get("constructor"), where)


def _is_dense(tensor: Tensor) -> bool:
    strided = tensor.layout == torch.strided and tensor.device.type == "cpu"
    return strided and not tensor.is_quantized and not tensor.is_nested


def _tensors(content: Mapping[str, Any]) -> Iterator[Tensor]:
    """Each once, in dictionaries, lists and objects however deep, also where one holds itself."""
    seen: set[int] = set()
    waiting: list[Any] = [content]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list | tuple | set):
            waiting += value
        else:
            waiting += getattr(value, "__dict__", {}).values()


def check_constructor(stored: object, where: str) -> None:
    """Refuse a network constructor without its fields, or with numbers that no network is built with."""
    if not isinstance(stored, NetConstructor):
        return
    for field, kind in _CONSTRUCTOR.items():
        if not isinstance(getattr(stored, field, None), kind):
            raise InputError(f"{where}: constructor: got no usable {field}, expected what training writes")
    if not all(isinstance(key, str) for key in stored.kwds):
        raise InputError(f"{where}: constructor: got an argument without a name, expected what training writes")


@contextlib.contextmanager
def at_most_of(state: Mapping[str, Any], where: str) -> Iterator[None]:
    """Build a network inside the block that has no more parameters and buffers than its weights, and fails like input.

    Parameters are counted when a module gets them, before anything is written to them: memory that is only asked for
    costs nothing.

    Args:
        state: of the file, name -> tensor.
        where: names the constructor in the error.

    Raises:
        InputError: it would have more, or its arguments do not build a network.
    """
    known = [value.numel() * value.element_size() for value in state.values() if isinstance(value, Tensor)]
    allowed, count = 2 * sum(known) + _SPARE, itertools.count(1)  # twice: half precision is read as single
    built = 0

    def add(module: nn.Module, name: str, value: Any) -> None:
        nonlocal built
        if isinstance(value, Tensor):
            built += value.numel() * value.element_size()
            if built > allowed or next(count) > 10 * len(known) + 1000:
                there = f"the file has {sum(known):,} bytes of weights"
                raise InputError(f"{where}: asks for a larger network than its weights, at {name}: {there}")

    handles = [
        hooks.register_module_parameter_registration_hook(add),
        hooks.register_module_buffer_registration_hook(add),
    ]
    try:
        yield
    except InputError as error:
        raise error if str(error).startswith(where) else InputError(f"{where}: {error}") from error
    except Exception as error:  # of whatever a constructor stumbles over with arguments that nobody gave it
        raise InputError(f"{where}: cannot be built with its arguments: {type(error).__name__}: {error}") from error
    finally:
        for handle in handles:
            handle.remove()


def check_arguments(arguments: Mapping[str, Any], where: str) -> None:
    """Refuse whole numbers that no network is built with, such as a million layers."""
    waiting = list(arguments.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, (list, tuple, set)):
            waiting += [(name, one) for one in value]
        elif isinstance(value, dict):
            waiting += [(f"{name}.{key}", one) for key, one in value.items()]
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_ARGUMENT:
            raise InputError(f"{where}: {name}: got {value!r:.40}, allowed are numbers up to {_LARGEST_ARGUMENT:,}")
