"""A checkout's trainer as one of several processes under `torchrun`.

Gradients are averaged, the first process writes, statistics are over all, and each epoch after the first draws from a
seed made of the run's, the epoch and the process: a run that torchrun restarts after a failure ends with the result of
one that nothing happened to. With one process nothing here does anything.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # a checkout's trainers, whose classes are not known here

import torch

from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.run.shared_means import share_means
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.multigpu import DistributedNet, unwrap
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.first_step import before_first_step

logger = get_logger(__name__)


def make_folder_once(settings: Any) -> None:
    """The folder that every trainer makes where it is not there, before several do so at once."""
    workspace = getattr(settings.env, "workspace_dir", None)
    if distributed.is_joined() and workspace:
        (Path(workspace).expanduser() / "checkpoints").mkdir(parents=True, exist_ok=True)


def share_training(trainer: Any, seed: int, divides: bool) -> None:
    """Let `trainer` train as one of several processes; a second call brings back what a class of a fork's undid.

    Args:
        trainer: of a checkout, with its network on its device.
        seed: of the run.
        divides: its own code averages gradients and divides the samples, told its rank.
    """
    if not distributed.is_joined():
        return
    if not divides:
        _average_gradients(trainer)
        share_means(trainer.actor)
    if not hasattr(trainer, "shared_epochs"):
        trainer.shared_epochs = True
        trainer.joined_epoch = 0
        trainer.train_epoch = _as_one_of_several(trainer, trainer.train_epoch, seed, divides)
        trainer.save_checkpoint = _of_the_network(trainer, trainer.save_checkpoint, writes=distributed.rank() == 0)
        trainer.load_checkpoint = _of_the_network(trainer, trainer.load_checkpoint)
        _announce(trainer)


def _announce(trainer: Any) -> None:
    size = next((one.batch_size for one in trainer.loaders if getattr(one, "training", False)), None)
    if size is not None:
        processes = distributed.world_size()
        logger.info(f"{processes} processes: batches of {size} in each, {processes * size} together")


def _average_gradients(trainer: Any) -> None:
    if not isinstance(trainer.actor.net, DistributedNet):
        trainer.actor.train(True)  # settles which parameters are frozen, which averaging has to know
        trainer.actor.net = distributed.wrap(trainer.actor.net, torch.device(trainer.device))


def _as_one_of_several(trainer: Any, train_epoch: Callable[..., Any], seed: int, divides: bool) -> Callable[..., Any]:
    @functools.wraps(train_epoch)
    def train_epoch_of_several(*args: Any, **options: Any) -> Any:
        if distributed.rank() != 0 and hasattr(trainer.settings, "log_file"):
            trainer.settings.log_file = os.devnull
        if trainer.epoch > 1:
            seed_everything(zlib.crc32(f"{seed}/{trainer.epoch}/{distributed.rank()}".encode()))
        for loader in () if divides else trainer.loaders:
            if hasattr(loader.sampler, "set_epoch"):
                loader.sampler.set_epoch(trainer.epoch)
        return train_epoch(*args, **options)

    return train_epoch_of_several


def _of_the_network(trainer: Any, method: Callable[..., Any], writes: bool = True) -> Callable[..., Any]:
    """A method that sees the network without our wrapper, as checkpoints name it; does nothing if not `writes`.

    A wrapper of the checkout's own code is left, which unwraps it as well.
    """

    @functools.wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        if not writes:
            return None
        wrapped = trainer.actor.net
        if isinstance(wrapped, DistributedNet):
            trainer.actor.net = unwrap(wrapped)
        try:
            return method(*args, **options)
        finally:
            trainer.actor.net = wrapped

    return call


def joining_processes(new_epoch: Callable[..., Any], trainers: list[Any]) -> Callable[..., Any]:
    """`AverageMeter.new_epoch` of a checkout, which files an epoch's mean: first the means are made those of all.

    Args:
        trainers: made so far; the last one trains.
    """

    @functools.wraps(new_epoch)
    def new_epoch_of_all(meter: Any, *args: Any, **options: Any) -> Any:
        if trainers and distributed.is_joined() and getattr(trainers[-1], "joined_epoch", None) != trainers[-1].epoch:
            trainers[-1].joined_epoch = trainers[-1].epoch
            _join_statistics(trainers[-1].stats, type(meter))
        return new_epoch(meter, *args, **options)

    return new_epoch_of_all


def _join_statistics(stats: dict[str, Any], kind: type) -> None:
    meters = {
        (loader, name): meter
        for loader, values in stats.items()
        for name, meter in (values or {}).items()
        if isinstance(meter, kind)
    }
    for (loader, name), (total, count) in distributed.join_averages(meters).items():
        meter = kind()
        meter.sum, meter.count, meter.avg = total, count, total / count if count else 0
        if stats.get(loader) is not None:
            stats[loader][name] = meter


@contextlib.contextmanager
def gradients_checked(trainer: Any) -> Iterator[None]:
    """Inside the block the first step is not made unless every process would make the same.

    Raises:
        InputError: an actor that calls parts of its network, past the wrapper that averages, and the like.
    """

    def check() -> None:
        net = unwrap(trainer.actor.net)
        own = [-1.0 if one.grad is None else float(one.grad.norm()) for one in net.parameters()]
        for other in distributed.all_gather(own):
            for mine, theirs in zip(own, other, strict=True):
                if math.isfinite(mine) and not math.isclose(mine, theirs, rel_tol=1e-2, abs_tol=1e-6):
                    raise InputError(
                        f"torchrun: {type(trainer.actor).__name__}: its gradients are not averaged over processes, as "
                        "where an actor calls parts of its network: start it without torchrun"
                    )

    stop = before_first_step(check) if distributed.is_joined() else None
    try:
        yield
    finally:
        if stop is not None:
            stop()
