"""Several processes, one per device, as `torchrun` starts them: each works on its share of every batch.

The gradient is the mean over processes, so with equal shares a step equals one process's step on the joined batch.
Batch norm statistics are those of a process's own share.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar  # Any: an average meter, of this engine or of a checkout

import torch
import torch.distributed as dist
from torch import nn

from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.multigpu import DistributedNet, unwrap_devices

Value = TypeVar("Value")


def world_size() -> int:
    """How many processes train together; 1 outside torchrun."""
    return _told("WORLD_SIZE", 1)


def rank() -> int:
    """This process's number; the first, 0, is the one that writes and prints."""
    return _told("RANK", 0)


def local_rank() -> int:
    """This process's number on its own machine."""
    return _told("LOCAL_RANK", 0)


def _told(name: str, otherwise: int) -> int:
    text = os.environ.get(name, str(otherwise))
    if not text.isdecimal():
        raise InputError(f"{name}: got {text!r}, allowed are whole numbers, as torchrun sets them")
    return int(text)


def local_device() -> str | None:
    """The CUDA device of this process under torchrun, or None."""
    if world_size() > 1 and torch.cuda.is_available():
        return f"cuda:{local_rank()}"
    return None


def process_device(named: str | None) -> torch.device | None:
    """The device of this process: its own CUDA device under torchrun, unless another kind is named.

    Args:
        named: on the command line.

    Returns:
        None where neither torchrun nor the command line says.

    Raises:
        InputError: a device that is not here, or more processes than GPUs.
    """
    own = local_device()
    if own is None or (named is not None and check_device(named).type != "cuda"):
        return None if named is None else check_device(named)
    gpus, processes = torch.cuda.device_count(), _told("LOCAL_WORLD_SIZE", 1)
    if processes > gpus:
        raise InputError(
            f"torchrun: {processes} processes on a machine with {gpus} CUDA devices: give --nproc-per-node {gpus}, or "
            "--device cpu"
        )
    return check_device(own)


def restarts() -> int:
    """How often torchrun has restarted this run after a failure, on any machine; known once processes are joined."""
    return max(_own_restarts(), *_others_restarts)


_others_restarts = [0]
_STOP = "stop"


class _Memory:
    """What outlives this process while torchrun does: its store, and the keys of it that this process has set."""

    store: dist.Store | None = None
    group: dist.Store | None = None
    """Of the processes of this start."""
    own: ClassVar[set[str]] = set()


def has_begun(run: str | os.PathLike[str]) -> bool:
    """Whether a run had begun when torchrun started it again, so that what is in its folder is its own.

    A process that ends before that leaves the folder as it was found: another run's.

    Args:
        run: its folder; asked for by the first process alone.
    """
    if _Memory.store is None:
        return restarts() > 0
    return os.fspath(run) not in _Memory.own and _Memory.store.check([f"begun {os.fspath(run)}"])


def note_begun(run: str | os.PathLike[str]) -> None:
    """Let `has_begun` know, in processes that torchrun starts later."""
    if _Memory.store is not None and not has_begun(run):
        _Memory.store.set(f"begun {os.fspath(run)}", "")
        _Memory.own.add(os.fspath(run))


def _own_restarts() -> int:
    """What this machine counts: its own failures alone."""
    return _told("TORCHELASTIC_RESTART_COUNT", 0)


def start(device: torch.device) -> None:
    """Join the other processes, if there are any and this has not happened yet.

    Raises:
        InputError: they cannot be reached.
    """
    if world_size() == 1 or dist.is_initialized():
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    try:
        store = _store()
        dist.init_process_group(
            "nccl" if device.type == "cuda" else "gloo", store=store, rank=rank(), world_size=world_size()
        )
    except (RuntimeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"torchrun: the {world_size()} processes do not find each other: {reason}") from error
    _others_restarts[:] = all_gather(_own_restarts())
    _Memory.group = dist.PrefixStore(f"attempt {restarts()}", store)


def _store() -> dist.Store:
    """Where the processes leave their addresses for each other.

    torchrun's own is not emptied when it starts processes again, and the addresses of those that ended would be taken
    for theirs. Machines count restarts each for itself, so that for several the store is left as it is.
    """
    store, _, _ = next(dist.rendezvous("env://", rank(), world_size()))
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":  # else it ends with the processes
        _Memory.store = store
    if _told("LOCAL_WORLD_SIZE", 0) == world_size():
        return dist.PrefixStore(f"start_{_own_restarts()}", store)
    return store


def stop() -> None:
    """Leave the group of processes that `start` joined."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    _others_restarts[:] = [0]
    _Memory.store = _Memory.group = None
    _Memory.own.clear()


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
    # Said of 1x1 convolutions with channels last, whose gradients, the smallest there are, it copies once more.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    return DistributedNet(net, device_ids=[device] if device.type == "cuda" else None, find_unused_parameters=True)


def is_joined() -> bool:
    """Whether this process can reach others."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def barrier() -> None:
    """Wait for all processes."""
    if is_joined():
        dist.barrier()


def broadcast(value: Value) -> Value:
    """The first process's `value`, in every process."""
    if not is_joined():
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def all_gather(value: Value) -> list[Value]:
    """Every process's `value`, in order of rank."""
    if not is_joined():
        return [value]
    values = [value] * dist.get_world_size()  # each place is overwritten
    dist.all_gather_object(values, value)
    return values


def agree_to_stop(signal: int | None, step: int, due: int) -> int | None:
    """The signal for which every process stops after the step just made; None to go on.

    Of a pass that trains: no process ends a step that changes weights before all have begun it, so that none is past
    the next of these when one of them says that all stop there.

    Args:
        signal: that this process got, if any.
        step: just made.
        due: the first step from `step` on after which weights have changed.
    """
    if not is_joined() or _Memory.group is None:
        return signal if step == due else None
    store = _Memory.group
    if signal is not None and not store.check([_STOP]):
        store.set(_STOP, f"{due if due > step else due + 1} {signal}")
    if not store.check([_STOP]):
        return None
    last, number = map(int, store.get(_STOP).split())
    return number if step == due and step >= last else None


def join_averages(meters: Mapping[Any, Any]) -> dict[Any, tuple[float, float]]:
    """Replace each process's sums by the sums over all processes.

    Args:
        meters: average meters, with `sum`, `count` and `avg`, by any key.

    Returns:
        Sum and count over all processes of keys that only other processes have: what an actor tells of some batches.
    """
    if not is_joined():
        return {}
    totals: dict[Any, tuple[float, float]] = {}
    for part in all_gather({key: (float(meter.sum), meter.count) for key, meter in meters.items()}):
        for key, (number, count) in part.items():
            before = totals.get(key, (0.0, 0))
            totals[key] = before[0] + number, before[1] + count
    for key, meter in meters.items():
        meter.sum, meter.count = totals.pop(key)
        meter.avg = meter.sum / meter.count if meter.count else 0
    return totals
