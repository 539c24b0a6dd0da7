"""Several processes, one per device, as `torchrun` starts them: each works on its share of every batch.

The gradient is the mean over processes, so with equal shares a step equals one process's step on the joined batch.
Batch norm statistics are those of a process's own share.
"""

from __future__ import annotations

import os
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.multigpu import DistributedNet, unwrap_devices

Value = TypeVar("Value")


def world_size() -> int:
    """How many processes train together; 1 outside torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """This process's number; the first, 0, is the one that writes and prints."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """This process's number on its own machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_device() -> str | None:
    """The CUDA device of this process under torchrun, or None."""
    if world_size() > 1 and torch.cuda.is_available():
        return f"cuda:{local_rank()}"
    return None


def restarts() -> int:
    """How often torchrun has restarted this run after a failure."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def start(device: torch.device) -> None:
    """Join the other processes, if there are any and this has not happened yet."""
    if world_size() == 1 or dist.is_initialized():
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def stop() -> None:
    """Leave the group of processes that `start` joined."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def wrap(net: nn.Module, device: torch.device) -> nn.Module:
    """The network with gradients averaged over processes; as it is when there is one process.

    Which parameters are trained must be settled before (a backbone with frozen layers settles it in `train()`).
    Layers that a step does not use, such as a classification layer behind the features, are allowed.
    """
    if world_size() == 1:
        return net
    net = unwrap_devices(net)
    if not any(parameter.requires_grad for parameter in net.parameters()):
        raise InputError(f"distributed training: {type(net).__name__}: no parameter is trainable")
    return DistributedNet(net, device_ids=[device] if device.type == "cuda" else None, find_unused_parameters=True)


def barrier() -> None:
    """Wait for all processes."""
    if world_size() > 1:
        dist.barrier()


def broadcast(value: Value) -> Value:
    """The first process's `value`, in every process."""
    if world_size() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def all_gather(value: Value) -> list[Value]:
    """Every process's `value`, in order of rank."""
    if world_size() == 1:
        return [value]
    values = [value] * world_size()  # each place is overwritten
    dist.all_gather_object(values, value)
    return values
