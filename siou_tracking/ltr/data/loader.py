"""The loader that settings files build: batches along any dimension, reproducible, and aware of the command line."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import random
import traceback
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any  # what a data set holds and a collate function makes

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler, Sampler, get_worker_info

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.active_request import active_request
from siou_tracking.ltr.data.bad_samples import SkippedCount, are_skipped, collating
from siou_tracking.ltr.data.collate import collate
from siou_tracking.ltr.worker_errors import explain_lost_worker
from siou_tracking.running.stopping import notices_held_back, outlast_notices


class LTRLoader(DataLoader):
    """A `DataLoader` that knows what a trainer needs: a name, whether it trains, and how often it is run.

    Values given on the command line (`active_request()`) replace `batch_size`, `num_workers` and the length of the
    data set; a validation loader takes a quarter of the training length, at least a batch of all processes, at most
    what it had. In a process group every process reads its own part, and batch_size is that of one process. Each pass
    over the loader is an epoch of its own: the trainer says which by `set_epoch`, else they are counted.

    Args:
        name: key of its statistics, such as 'train'.
        dataset: usually a `TrackingSampler`.
        training: whether the network learns from it.
        batch_size: samples per batch.
        shuffle: visit the samples in random order, another in each epoch.
        sampler: order of the samples; not with `shuffle`.
        batch_sampler: order and grouping; not with any of the above.
        num_workers: processes that prepare batches; 0 does it in this one.
        epoch_interval: the loader is run every so many epochs.
        collate_fn: samples -> batch; `collate` along `stack_dim` when None.
        stack_dim: the batch dimension of tensors; 1 gives (frames, batch, ...).
        pin_memory: put batches where a CUDA device copies them from faster; ignored without one.
        drop_last: leave out a last batch that is not full.
        timeout: seconds to wait for a batch of a worker, 0 for ever.
        worker_init_fn: called with the worker's number after its random states are seeded.

    Raises:
        InputError: sizes that are not positive, or `drop_last` with fewer samples than a batch.
    """

    def __init__(
        self,
        name: str,
        dataset: Dataset,
        training: bool = True,
        batch_size: int = 1,
        shuffle: bool = False,
        sampler: Sampler | Iterable | None = None,
        batch_sampler: Sampler | Iterable | None = None,
        num_workers: int = 0,
        epoch_interval: int = 1,
        collate_fn: Callable[[list], Any] | None = None,
        stack_dim: int = 0,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
    ) -> None:
        asked = active_request()
        batch_size = batch_size if asked.batch_size is None else asked.batch_size
        num_workers = num_workers if asked.workers is None else asked.workers
        if batch_size < 1 or num_workers < 0 or epoch_interval < 1:
            raise InputError(
                f"loader '{name}': got batch_size {batch_size}, num_workers {num_workers}, epoch_interval "
                f"{epoch_interval}: allowed are batch_size and epoch_interval from 1, num_workers from 0"
            )
        if asked.samples_per_epoch is not None:
            _set_length(name, dataset, training, batch_size, asked.samples_per_epoch)
        if batch_sampler is None:
            if sampler is None:
                sampler = _make_sampler(dataset, shuffle, drop_last)
                shuffle = False
            _check_length(name, dataset if sampler is None else sampler, batch_size, drop_last)
        else:
            batch_size, shuffle, sampler, drop_last = 1, False, None, False  # torch refuses others beside batch_sampler
        collate_fn = functools.partial(collate, dim=stack_dim) if collate_fn is None else collate_fn
        self.skipped = SkippedCount(name, dataset) if are_skipped() else None
        self.skipped_before = 0
        super().__init__(
            dataset,
            batch_size=batch_size,
            shuffle=shuffle,
            sampler=sampler,
            batch_sampler=batch_sampler,
            drop_last=drop_last,
            num_workers=num_workers,
            collate_fn=collate_fn if self.skipped is None else collating(collate_fn),
            pin_memory=pin_memory and torch.cuda.is_available(),
            timeout=timeout if num_workers else 0,
            worker_init_fn=_WorkerStart(worker_init_fn),
        )
        self.name = name
        self.training = training
        self.epoch_interval = epoch_interval
        self.stack_dim = stack_dim
        self._epoch = 0
        self._epoch_was_set = False
        self._left_out = 0

    def set_epoch(self, epoch: int) -> None:
        """Make the next pass that of `epoch`; passes after it count on from there."""
        self._epoch, self._epoch_was_set = epoch, True

    def leave_out(self, batches: int) -> bool:
        """Let the next pass begin behind so many batches, without drawing them.

        Returns:
            False where that would change what comes after them, as where samples are drawn from random numbers that
            those before have moved on; then nothing is changed.
        """
        owner = next((one for one in type(self.dataset).__mro__ if "__getitem__" in vars(one)), object)
        if not vars(owner).get("drawn_by_index", False):
            return False
        self._left_out = batches
        return True

    @property
    def _index_sampler(self) -> Any:
        """What torch takes the order of a pass from."""
        order = super()._index_sampler
        return _Rest(order, self._left_out) if self._left_out else order

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # torch promises its own class of iterator
        if not self._epoch_was_set:
            self._epoch += 1
        self._epoch_was_set = False
        for part in (self.dataset, self.sampler, self.batch_sampler):
            set_epoch = getattr(part, "set_epoch", None)
            if set_epoch is not None:
                set_epoch(self._epoch)
        try:
            with notices_held_back():
                batches = super().__iter__()
        finally:
            self._left_out = 0
        return self._guarded(batches)

    def _guarded(self, batches: Iterator[Any]) -> Iterator[Any]:
        try:
            if self.skipped is None:
                yield from batches
            else:
                before, self.skipped_before = self.skipped_before, 0
                yield from self.skipped.watch(batches, len(self.sampler), before)  # type: ignore[arg-type]
        except Exception as error:
            lost = explain_lost_worker(error, self.name, getattr(batches, "_workers", ()))
            del batches
            # torch's iterator and the error refer to each other; left to the garbage collector, which closes the
            # queues first, the iterator waits five seconds for every worker. Without the frames both end here.
            traceback.clear_frames(error.__traceback__)
            if lost is not None:
                raise lost from error
            raise


@dataclasses.dataclass(frozen=True)
class _Rest:
    """An order of batches without the first few, as long as the whole: a pass that goes on is one of that length."""

    order: Any
    left_out: int

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(iter(self.order), self.left_out, None)

    def __len__(self) -> int:
        return len(self.order)


@dataclasses.dataclass(frozen=True)
class _WorkerStart:
    """Seeds a worker's random states from the seed that torch gave it, and keeps it to one thread."""

    then: Callable[[int], None] | None

    def __call__(self, worker_id: int) -> None:
        import cv2

        cv2.setNumThreads(0)
        outlast_notices()
        info = get_worker_info()
        assert info is not None  # this is called in a worker
        seed = info.seed
        random.seed(seed)
        np.random.seed(seed % 2**32)
        if self.then is not None:
            self.then(worker_id)


def _set_length(name: str, dataset: Any, training: bool, batch_size: int, samples: int) -> None:
    if not hasattr(dataset, "samples_per_epoch"):
        kind = type(dataset).__name__
        raise InputError(
            f"samples per epoch: loader '{name}': got a {kind}, whose length is fixed, allowed are samplers"
        )
    if training:
        dataset.samples_per_epoch = samples
    else:
        together = batch_size * (torch.distributed.get_world_size() if _is_shared() else 1)
        dataset.samples_per_epoch = max(together, min(dataset.samples_per_epoch, samples // 4))


def _make_sampler(dataset: Dataset, shuffle: bool, drop_last: bool) -> Sampler | None:
    """This process's part of the samples in an order that depends on the epoch alone; None for all as they come."""
    if _is_shared():
        return DistributedSampler(dataset, shuffle=shuffle, drop_last=drop_last, seed=active_request().seed % 2**31)
    if shuffle:
        # Of one replica: its order, unlike RandomSampler's, follows from seed and epoch alone, so that a resumed run
        # goes on with the order it would have had.
        return DistributedSampler(dataset, num_replicas=1, rank=0, shuffle=True, seed=random.getrandbits(31))
    return None


def _is_shared() -> bool:
    """Whether several processes read the data."""
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _check_length(name: str, order: object, batch_size: int, drop_last: bool) -> None:
    if not isinstance(order, Sized):
        return
    samples = len(order)
    if samples < 1 or (drop_last and samples < batch_size):
        least = batch_size if drop_last else 1
        raise InputError(
            f"loader '{name}': got {samples} samples per epoch and process for batches of {batch_size}, "
            f"allowed are {least} or more"
        )
