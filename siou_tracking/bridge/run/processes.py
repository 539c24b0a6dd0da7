"""Several processes with a checkout, as `torchrun` starts them: who is heard, and what each of them loads."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator, Sized
from pathlib import Path
from typing import Any  # arguments of a checkout's loader

import torch
from torch.utils.data import DistributedSampler, Sampler

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.no_batch import no_batch_error
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.request import TrainRequest


@contextlib.contextmanager
def among_processes(request: TrainRequest) -> Iterator[str | None]:
    """Join the other processes of this training; all but the first print nothing, whoever prints.

    Yields:
        A folder for what the process would write beside the first one's files, which is removed afterwards; None for
        the first process.

    Raises:
        InputError: more processes than GPUs, or processes that cannot be reached.
    """
    if distributed.world_size() == 1:
        yield None
        return
    distributed.start(distributed.process_device(request.device) or torch.device("cpu"))
    if distributed.rank() == 0:
        yield None
        return
    own_file = os.environ.get("TORCHELASTIC_ERROR_FILE")  # in a folder of torchrun's, where a killed one leaves it too
    with (
        tempfile.TemporaryDirectory(dir=Path(own_file).parent if own_file else None) as folder,
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield folder


def share_loader(values: dict[str, Any], request: TrainRequest) -> None:
    """Give a loader of code that knows one process this process's share of each batch, and of the samples.

    Args:
        values: arguments of `LTRLoader`, changed here. A settings file's batch is that of all GPUs together, as
            `DataParallel` has it; one that `request` gives is each process's.

    Raises:
        InputError: batches, or samples, that cannot be shared.
    """
    processes, name = distributed.world_size(), values["name"]
    if values["batch_sampler"] is not None:
        raise InputError(f"loader '{name}': torchrun: its batch_sampler makes whole batches: start it without torchrun")
    if request.batch_size is None:
        share, rest = divmod(values["batch_size"], processes)
        if rest:
            raise InputError(
                f"loader '{name}': torchrun: a batch of {values['batch_size']} has no equal shares for {processes} "
                "processes: give --batch-size N, of each process"
            )
        values["batch_size"] = share
    if not isinstance(values["sampler"], DistributedSampler):
        values["sampler"] = _share_samples(values, request.seed)
        values["shuffle"] = False
    samples = len(values["sampler"])
    if values["training"] and values["drop_last"] and samples < values["batch_size"]:
        raise no_batch_error(name, samples, values["batch_size"], processes)


def _share_samples(values: dict[str, Any], seed: int) -> Sampler[Any]:
    order = values["sampler"]
    if order is None:
        processes, rank = distributed.world_size(), distributed.rank()
        how = {"shuffle": values["shuffle"], "drop_last": values["drop_last"], "seed": seed % 2**31}
        return DistributedSampler(values["dataset"], processes, rank, **how)
    if not isinstance(order, Sized):
        kind = type(order).__name__
        raise InputError(f"loader '{values['name']}': torchrun: {kind} has no length to share: start it without")
    return _EveryNth(order)


class _EveryNth(Sampler[Any]):
    """This process's part of an order of samples that a settings file gives."""

    def __init__(self, order: Any) -> None:
        self.order = order

    def __len__(self) -> int:
        return len(self.order) // distributed.world_size()

    def __iter__(self) -> Iterator[Any]:
        shared = len(self) * distributed.world_size()
        return itertools.islice(iter(self.order), distributed.rank(), shared, distributed.world_size())

    def set_epoch(self, epoch: int) -> None:
        """Pass the epoch on to an order that depends on it."""
        if hasattr(self.order, "set_epoch"):
            self.order.set_epoch(epoch)
