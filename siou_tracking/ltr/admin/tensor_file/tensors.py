"""Tensors to and from a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from siou_tracking.ltr.admin.tensor_file.header import DTYPES, Entry, encode_header, read_header
from siou_tracking.untrusted.names import printable


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, in the order of the header, on the CPU; and the metadata.

    Raises:
        InputError: see `header.read_header`.
    """
    with path.open("rb") as file:
        header = read_header(file, path)
        tensors = {}
        for name, entry in header.tensors.items():
            try:
                tensor = torch.empty(entry.shape, dtype=entry.dtype)
            except (RuntimeError, OverflowError, TypeError) as error:  # sizes that overflow, beside a zero
                shape = str(entry.shape)[:120]
                raise InputError(f"checkpoint {path}: tensor {printable(name)}: got the shape {shape}") from error
            file.seek(header.data_start + entry.start)
            if tensor.numel() and file.readinto(_memory(tensor)) != entry.end - entry.start:
                raise InputError(f"checkpoint {path}: tensor {printable(name)}: the file became shorter")
            tensors[name] = tensor
    return tensors, header.metadata


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a file in one move, safe on the disk. Tensors that share memory are written one by one, and then do not.

    Raises:
        InputError: a tensor of a kind that the format does not have, or one named as the metadata are.
    """
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPES.values() or tensor.layout != torch.strided or tensor.is_meta:
            kind = f"{tensor.dtype}, {tensor.layout}, on {tensor.device}"
            raise InputError(f"{path}: tensor {printable(name)}: got {kind}, allowed: dense {', '.join(DTYPES)}")
    if "__metadata__" in tensors:
        raise InputError(f"{path}: tensor __metadata__: the format keeps this name for itself")
    # The largest items come first, so that every tensor begins at a multiple of its own.
    ordered = sorted(tensors, key=lambda name: -tensors[name].dtype.itemsize)
    entries, place = {}, 0
    for name in ordered:
        tensor = tensors[name]
        end = place + tensor.numel() * tensor.dtype.itemsize
        entries[name] = Entry(tensor.dtype, tuple(tensor.shape), place, end)
        place = end
    with atomic_path(path, durable=True) as temporary, temporary.open("wb") as file:
        file.write(encode_header({name: entries[name] for name in tensors}, metadata))
        for name in ordered:
            if tensors[name].numel():
                file.write(_memory(tensors[name].detach().cpu().contiguous()))


def _memory(tensor: Tensor) -> memoryview:
    """The bytes of a contiguous tensor with at least one element, shared with it."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data
