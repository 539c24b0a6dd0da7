"""Puts samples together into a batch, along any dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # a sample holds anything

import numpy as np
import torch
from torch.utils.data import get_worker_info

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.tensors import TensorDict, TensorList


def collate(samples: Sequence[Any], dim: int = 0) -> Any:
    """A batch of equally built samples.

    Tensors and arrays are stacked on a new dimension `dim` (on 0 where they have fewer), numbers become a tensor,
    strings and None a list, and mappings and sequences are batched by entry. TensorDict and TensorList keep their type.

    Args:
        samples: one or more samples.
        dim: position of the batch dimension; 1 gives (frames, batch, ...) from samples (frames, ...).

    Raises:
        InputError: tensors of different shapes, different keys, or a value of a kind that has no batch.
    """
    first = samples[0]
    if isinstance(first, torch.Tensor):
        return _stack_tensors(samples, dim)
    if isinstance(first, np.ndarray):
        return _stack_tensors([torch.from_numpy(np.ascontiguousarray(s)) for s in samples], dim)
    if isinstance(first, (bool, np.bool_)):
        return torch.tensor([bool(s) for s in samples])
    if isinstance(first, (float, np.floating)):
        return torch.tensor(samples, dtype=torch.float64)
    if isinstance(first, (int, np.integer)):
        return torch.tensor([int(s) for s in samples], dtype=torch.int64)
    if first is None or isinstance(first, (str, bytes)):
        return list(samples)
    if isinstance(first, Mapping):
        return _collate_mappings(samples, dim)
    if isinstance(first, Sequence):
        return _collate_sequences(samples, dim)
    raise InputError(f"batch: got a value of type {type(first).__name__}, allowed are tensors, numbers, text and nests")


def _collate_mappings(samples: Sequence[Mapping], dim: int) -> Mapping:
    for sample in samples:
        if set(sample) != set(samples[0]):
            differing = sorted(map(str, set(sample) ^ set(samples[0])))
            raise InputError(
                f"batch: got samples that differ in the keys {', '.join(differing)}, allowed are equal keys"
            )
    batch = {}
    for key in samples[0]:
        values = [sample[key] for sample in samples]
        # Data sets with and without class names may meet in a batch.
        batch[key] = values if any(v is None for v in values) else collate(values, dim)
    return TensorDict(batch) if isinstance(samples[0], TensorDict) else batch


def _collate_sequences(samples: Sequence[Sequence], dim: int) -> Sequence:
    lengths = sorted({len(sample) for sample in samples})
    if len(lengths) > 1:
        raise InputError(f"batch: got lists of {lengths[0]} and {lengths[-1]} elements, allowed are equal lengths")
    columns = [collate(column, dim) for column in zip(*samples, strict=True)]
    if hasattr(samples[0], "_fields"):  # a named tuple takes its fields one by one
        return type(samples[0])(*columns)
    return TensorList(columns) if isinstance(samples[0], TensorList) else columns


def _stack_tensors(tensors: Sequence[torch.Tensor], dim: int) -> torch.Tensor:
    first = tensors[0]
    shapes = sorted({tuple(t.shape) for t in tensors})
    if len(shapes) > 1:
        raise InputError(f"batch: got tensors of shapes {shapes[0]} and {shapes[-1]}, allowed are equal shapes")
    dim = min(dim, first.ndim)
    if get_worker_info() is None:
        return torch.stack(tuple(tensors), dim)
    # In a worker the batch is built in shared memory at once, which saves copying it there afterwards.
    shape = (*first.shape[:dim], len(tensors), *first.shape[dim:])
    # `_new_shared` is private; it is what torch's own collate function takes shared memory by.
    storage = first.untyped_storage()._new_shared(first.element_size() * first.numel() * len(tensors), device="cpu")
    out = torch.empty(0, dtype=first.dtype).set_(storage).view(shape)
    return torch.stack(tuple(tensors), dim, out=out)
