"""What the command line changes in a checkout's training without editing a file of it.

A settings file makes its loaders and its trainer itself, out of literals or out of the layout's own configuration.
While `overriding` is active the checkout's `LTRLoader.__init__`, where no configuration says the numbers,
`BaseTrainer.__init__` and `BaseTrainer.train` are replaced in place, so that every loader and trainer made meanwhile
takes the values in force; without values they do what they did.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.run.curves import close_curves, set_refiled_run_aside
from siou_tracking.bridge.run.divergence import stop_when_diverged
from siou_tracking.bridge.run.going_on import continue_random_numbers, remove_unfinished, watch_saving
from siou_tracking.bridge.run.processes import share_loader
from siou_tracking.bridge.run.shared_training import (
    gradients_checked,
    joining_processes,
    make_folder_once,
    share_training,
)
from siou_tracking.bridge.run.stages import may_be_stage
from siou_tracking.bridge.run.steps import continue_scaler, set_steps
from siou_tracking.bridge.run_start import (
    checkpoint_folder,
    find_start,
    newest_checkpoint,
    save_last,
    set_run_aside,
    train_call,
)
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.loading import check_state
from siou_tracking.ltr.admin.multigpu import is_multi_gpu, unwrap
from siou_tracking.ltr.data.no_batch import no_batch_error
from siou_tracking.ltr.models.backbone.pretrained import check_weights_were_used
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.full_disk import full_disk_explained, saving_whole
from siou_tracking.ltr.trainers.step.replay import train_or_replay
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.running.folder_lock import lock_folder
from siou_tracking.running.stopping import NOTICES, StopRequest

logger = get_logger(__name__)

Init = Callable[..., None]


@contextlib.contextmanager
def overriding(layout: Layout, request: TrainRequest, start: dict[str, Any] | None = None) -> Iterator[list[Any]]:
    """Put `request` in force on the checkout whose session is open.

    Args:
        layout: of the checkout.
        request: values that win over the settings file's. A run that goes on from epoch e draws what it would have
            drawn, or of a checkpoint without the random numbers, from a seed made of the request's and e.
        start: content of the checkpoint that a fresh run's network starts from.

    Yields:
        A list that gets every trainer made inside the block: a settings file's `run` does not return its own.
    """
    trainer = importlib.import_module(layout.trainer).BaseTrainer
    made: list[Any] = []
    patches, stack = Patches(), contextlib.ExitStack()
    locks = _Locks(stack)
    if layout.loader_options:
        loader = importlib.import_module(f"{layout.training}.data.loader").LTRLoader
        patches.set(loader, "__init__", _loader_init(loader.__init__, layout, request))
    patches.set(trainer, "__init__", _trainer_init(trainer.__init__, layout, request, made, start, locks))
    patches.set(trainer, "train", _train(trainer.train, layout, request, start))
    meter = importlib.import_module(f"{layout.training}.admin.stats").AverageMeter
    patches.set(meter, "new_epoch", joining_processes(meter.new_epoch, made))
    patches.set(torch, "save", saving_whole(torch.save))
    try:
        yield made
    finally:
        patches.undo()
        for one in made:
            with contextlib.suppress(OSError):  # of a full disk, which has been told
                close_curves(one)
        stack.close()


def _loader_init(original: Init, layout: Layout, request: TrainRequest) -> Init:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        call = signature.bind(self, *args, **kwargs)
        call.apply_defaults()
        values = call.arguments
        if values["batch_sampler"] is None:
            _set_batches(values, request)
        if distributed.is_joined() and not layout.torchrun:
            share_loader(values, request)
        if request.workers is not None:
            values["num_workers"] = request.workers
        original(*call.args, **call.kwargs)

    return __init__


def _set_batches(values: dict[str, Any], request: TrainRequest) -> None:
    """Batch size and epoch length of a loader; a validation set takes a quarter, at least a batch, at most its own."""
    if request.batch_size is not None:
        values["batch_size"] = request.batch_size
    name, dataset, size = values["name"], values["dataset"], values["batch_size"]
    if size < 1:
        raise InputError(
            f"loader '{name}': got batch size {size} from the settings file, which takes it from the number of GPUs "
            f"({torch.cuda.device_count()} here): give --batch-size N"
        )
    samples = request.samples_per_epoch
    if samples is not None:
        if not hasattr(dataset, "samples_per_epoch"):
            kind = type(dataset).__name__
            raise InputError(f"samples per epoch: loader '{name}': got a {kind}, whose length is fixed")
        together = size * (distributed.world_size() if request.batch_size is not None else 1)
        validation = max(together, min(dataset.samples_per_epoch, samples // 4))
        dataset.samples_per_epoch = samples if values["training"] else validation
    if values["training"] and values["drop_last"] and values["sampler"] is None and len(dataset) < size:
        raise no_batch_error(name, len(dataset), size)


class _Locks:
    """The folders of the block's runs, which no other process writes into."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.stack = stack
        self.taken: set[Path] = set()

    def take(self, folder: Path) -> None:
        """Lock a folder, once, and remove what a killed process left there."""
        if folder not in self.taken:
            self.stack.enter_context(lock_folder(folder, "workspace", instead="give another --workspace"))
            self.taken.add(folder)
            remove_unfinished(folder)


def _trainer_init(
    original: Init,
    layout: Layout,
    request: TrainRequest,
    made: list[Any],
    start: dict[str, Any] | None,
    locks: _Locks,
) -> Init:
    @functools.wraps(original)
    def __init__(self: Any, actor: Any, loaders: Any, optimizer: Any, settings: Any, *args: Any, **kwargs: Any) -> None:
        own = distributed.process_device(request.device) if distributed.is_joined() else request.device
        named = own or layout.device(settings)
        if named is not None:
            checked = check_device(named)
            settings.device = checked if isinstance(getattr(settings, "device", None), torch.device) else named
            settings.use_gpu = checked.type == "cuda"
            _settle_parallel(actor.net, checked)
        _require_batches(loaders)
        self.locks = locks
        if distributed.rank() == 0:
            locks.take(checkpoint_folder(settings))
        if request.resume is False:
            net = unwrap(actor.net)
            if start is not None and request.weights is not None and not may_be_stage(self, net, start):
                check_state(net, start, request.weights)
            set_run_aside(settings)
        make_folder_once(settings)
        original(self, actor, loaders, optimizer, settings, *args, **kwargs)
        if isinstance(getattr(actor, "device", None), torch.device):
            actor.device = self.device  # KYS pins its own to the first GPU
        made.append(self)
        self.made_for = settings.project_path
        share_training(self, request.seed, layout.torchrun)
        stop_when_diverged(self)

    return __init__


def _require_batches(loaders: Any) -> None:
    """A loader of less than one full batch gives none, and its epochs would train nothing."""
    for loader in loaders:
        own = isinstance(loader, DataLoader) and getattr(loader, "training", False)
        if own and len(loader) == 0:
            raise no_batch_error(loader.name, len(loader.dataset), loader.batch_size)


def _settle_parallel(net: Any, device: torch.device) -> None:
    """A net wrapped for all GPUs runs on the one device that was asked for."""
    if not is_multi_gpu(net) or not hasattr(net, "device_ids") or distributed.is_joined():
        return
    if device.type != "cuda":
        net.device_ids = []
    elif device.index is not None:
        net.device_ids, net.output_device, net.src_device_obj = [device.index], device.index, device


def _train(
    original: Callable[..., None], layout: Layout, request: TrainRequest, start: dict[str, Any] | None
) -> Callable[..., None]:
    @functools.wraps(original)
    def train(self: Any, *args: Any, **kwargs: Any) -> None:
        """Errors end the run instead of being retried, and a finished run is not loaded again nine times."""
        train_or_replay(self)
        self.training_began = True
        call = train_call(original, self, args, kwargs)
        last = request.epochs or call.arguments["max_epochs"]
        if distributed.rank() == 0:
            self.locks.take(checkpoint_folder(self.settings))  # which a box loss may have moved since
        if self.epoch == 0:
            check_weights_were_used()
            if request.resume is False and self.made_for != self.settings.project_path:
                set_refiled_run_aside(self)  # a box loss asked for since then gave the run a folder of its own
            set_steps(self, request)
            watch_saving(self, request)
            find_start(self, call.arguments, request, start)
            if self.epoch > 0:
                continue_scaler(self)
                if not continue_random_numbers(self):
                    seed_everything(zlib.crc32(f"{request.seed}/{self.epoch}".encode()))
        if self.epoch >= last:
            logger.info(f"already trained to epoch {self.epoch}")
            return
        # Again: a class of a fork's may have put its own actor back.
        share_training(self, request.seed, layout.torchrun)
        stop_when_diverged(self)
        call.arguments.update(max_epochs=last, load_latest=False)
        with (
            full_disk_explained(checkpoint_folder(self.settings), lambda: newest_checkpoint(self)),
            gradients_checked(self),
            request_active(request),  # filed with a step that fails
            StopRequest(NOTICES) as self.stop_request,
        ):
            original(*call.args, **call.kwargs)
            save_last(self)
        self.stop_request.stop()
        distributed.barrier()  # when any process returns from here, the last checkpoint is there

    return train
