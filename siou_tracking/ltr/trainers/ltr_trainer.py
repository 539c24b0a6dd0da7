"""The trainer that settings files use: passes over loaders, statistics, curves."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from siou_tracking.log import get_logger
from siou_tracking.ltr.actors.base_actor import BaseActor
from siou_tracking.ltr.admin import tensorboard
from siou_tracking.ltr.admin.active_request import active_request
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.admin.stats import AverageMeter, StatValue
from siou_tracking.ltr.data.no_batch import no_batch_error, no_batch_message
from siou_tracking.ltr.trainers import checkpoints, distributed, history
from siou_tracking.ltr.trainers.base_trainer import BaseTrainer
from siou_tracking.ltr.trainers.divergence import LossGuard, TrainingDiverged, check_network
from siou_tracking.ltr.trainers.progress import Clock, bar, closing, step_line
from siou_tracking.ltr.trainers.saving import save_within_epoch
from siou_tracking.ltr.trainers.step.failed import StepMemory, file_failed_step

logger = get_logger(__name__)

_DEFAULTS = {"print_interval": 10, "print_stats": None, "description": "", "move_data_to_gpu": True}


class LTRTrainer(BaseTrainer):
    """Trains `actor.net`, by the loss that the actor makes of a batch.

    Under `torchrun` the lines printed in an epoch are the first process's own, curves and records are over all.

    Args:
        actor, loaders, optimizer, settings, lr_scheduler: see `BaseTrainer`. Each loader has `name`, `training`,
            `epoch_interval` and `stack_dim`. Settings that are read: `print_interval`, `print_stats` (names, None for
            all), `description`, `move_data_to_gpu`, `grad_clip_max_norm`, `box_loss`.
        freeze_backbone_bn_layers: keep the batch norms of `net.feature_extractor` in evaluation mode.

    Raises:
        InputError: see `BaseTrainer`.
    """

    def __init__(
        self,
        actor: BaseActor,
        loaders: Sequence[Any],
        optimizer: torch.optim.Optimizer,
        settings: Settings,
        lr_scheduler: Any = None,
        freeze_backbone_bn_layers: bool = False,
    ) -> None:
        for name, value in _DEFAULTS.items():
            if getattr(settings, name, None) is None:
                setattr(settings, name, value)
        super().__init__(actor, loaders, optimizer, settings, lr_scheduler)
        self.stats = OrderedDict((loader.name, None) for loader in self.loaders)
        self.freeze_backbone_bn_layers = freeze_backbone_bn_layers
        self.records: list[dict[str, Any]] = []
        self.curves_are_open, self.begins = False, False
        self.tensorboard_writer: tensorboard.TensorboardWriter | None = None

    def train(self, max_epochs: int, load_latest: bool = False, fail_safe: bool = True) -> None:
        """See `BaseTrainer.train`; also keeps the curves."""
        with self._full_disk_explained():  # closing the curves writes as well
            try:
                super().train(max_epochs, load_latest, fail_safe)
            finally:
                if self.tensorboard_writer is not None:
                    self.tensorboard_writer.close()

    def train_epoch(self) -> None:
        """One pass over each loader whose `epoch_interval` divides the epoch, then statistics and curves."""
        first = self.position.first_pass(self.epoch)
        self.begins = self.epoch == 1 and self.position.stopped is None
        for loader in self.loaders[first:]:
            if self.epoch % loader.epoch_interval == 0:
                clock = self.cycle_dataset(loader)
                self.position.end_pass(clock.seconds, clock.data_seconds)
        check_network(self.net, self.epoch, self.latest_checkpoint)
        self._open_curves()  # where no loader made a step
        self._close_epoch()
        self._record()

    @property
    def stops_within_epochs(self) -> bool:
        """See `BaseTrainer`; not where a class derived from this one has passes of its own."""
        own = type(self)
        return own.train_epoch is LTRTrainer.train_epoch and own.cycle_dataset is LTRTrainer.cycle_dataset

    def cycle_dataset(self, loader: Any) -> Clock:
        """One pass over `loader`, training if the loader is for training; returns where the time went."""
        self.actor.train(loader.training)
        if self.freeze_backbone_bn_layers:
            for module in self.net.get_submodule("feature_extractor").modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        if hasattr(loader, "set_epoch"):
            loader.set_epoch(self.epoch)
        steps = len(loader)
        if steps == 0:
            self._no_batches(loader)
        clock, guard = Clock(), LossGuard(loader.name, self.epoch, self.device, self.latest_checkpoint)
        batches, before = self.position.batches(self._number(loader), loader)
        self._count_batches(before)
        with (
            torch.set_grad_enabled(loader.training),
            bar(steps, f"{loader.name} {self.epoch}", before) as progress,
            closing(batches),
        ):
            for step, data in enumerate(clock.timed(batches), before + 1):
                shown = step % self.settings.print_interval == 0 or step == steps
                stats = self._step(loader, data, guard, step, shown)
                images = data["train_images"]
                images = images[0] if isinstance(images, list) else images  # a list of feature maps, one a layer
                samples = images.shape[loader.stack_dim]
                self._count(loader, stats, samples)
                clock.samples += samples * distributed.world_size()
                progress.update()
                if shown:
                    logger.info(step_line(loader.name, self.epoch, step, steps, clock.rates(), self._averages(loader)))
                if step == before + 1:
                    self.keeping.check(self.loaders, self.stats)
                    self._open_curves()  # not before: what is refused has left nothing
                self.position.step = step
                self._stop_if_asked(loader, guard, clock)
        logger.info(f"[{loader.name}: {self.epoch}] {clock.summary()}")
        return clock

    def _step(self, loader: Any, data: Any, guard: LossGuard, step: int, look: bool) -> dict[str, Any]:
        """The statistics of a step; one whose loss is not finite changes no weight, as far as the guard looks."""
        if self.settings.move_data_to_gpu:
            data = data.to(self.device)
        data["epoch"] = self.epoch
        data["settings"] = self.settings
        memory = StepMemory(data, self.device)
        loss, stats = self.actor(data)
        try:
            guard.add(loss.detach(), stats, step, look)
        except TrainingDiverged as error:
            where = loader.name, step, bool(loader.training)
            raise file_failed_step(error, memory, self, self.checkpoint_folder, where) from None
        if loader.training:
            self.optimizer.zero_grad()
            loss.backward()
            clip = getattr(self.settings, "grad_clip_max_norm", None) or 0
            if clip > 0:
                nn.utils.clip_grad_norm_(self.net.parameters(), clip)
            self.optimizer.step()
        return stats

    def _number(self, loader: Any) -> int:
        return next((number for number, one in enumerate(self.loaders) if one is loader), 0)

    def _count_batches(self, before: int) -> None:
        """Let the steps of --accumulate know how many batches of a pass that goes on came before."""
        if before and hasattr(self.actor, "gradient_steps"):
            self.actor.gradient_steps.seen = before

    def _stop_if_asked(self, loader: Any, guard: LossGuard, clock: Clock) -> None:
        """Write a checkpoint and end the run after the step just made, if a signal asks for it.

        Several processes stop together, and so in a pass that trains: in any other they are not in step.

        Raises:
            KeyboardInterrupt, Stopped: see `BaseTrainer.train`.
        """
        if distributed.world_size() > 1 and not loader.training:
            return
        step, steps, asked = self.position.step, self.position.steps, self.stop_request
        together = active_request().accumulate or 1 if loader.training else 1
        number = distributed.agree_to_stop(asked.signal, step, min(-(-step // together) * together, steps))
        if number is None:
            return
        asked.signal = number
        guard.look()
        stopped = self.position.stored(self.epoch, (clock.seconds, clock.data_seconds), self.stats)
        others = sum(len(self.loaders[number]) for number, *_ in self.position.done)
        path = save_within_epoch(self, stopped, others + step)
        kept = "no workspace is set, so nothing is kept" if path is None else f"{path}: --resume goes on from there"
        logger.info(f"stopped by {asked.name} in epoch {self.epoch}, {loader.name} step {step} of {steps}: {kept}")
        asked.stop()

    def _no_batches(self, loader: Any) -> None:
        got = (loader.name, len(loader.dataset), loader.batch_size)
        if loader.training:
            raise no_batch_error(*got)
        logger.info(no_batch_message(*got))

    def _count(self, loader: Any, stats: dict[str, Any], samples: int) -> None:
        meters = self._meters(loader)
        for name, value in stats.items():
            if name not in meters:
                meters[name] = AverageMeter()
            meters[name].update(value, samples)

    def _meters(self, loader: Any) -> OrderedDict[str, Any]:
        if self.stats.get(loader.name) is None:
            self.stats[loader.name] = OrderedDict()
        return self.stats[loader.name]

    def _averages(self, loader: Any) -> dict[str, Any]:
        chosen = self.settings.print_stats
        return {
            name: meter.avg
            for name, meter in self._meters(loader).items()
            if isinstance(meter, AverageMeter) and meter.count and (chosen is None or name in chosen)
        }

    def _close_epoch(self) -> None:
        """Average the epoch over processes, note the learning rate in force, and write the curves."""
        rates = [group["lr"] for group in self.optimizer.param_groups]
        for loader in self.loaders:
            if loader.training:
                for index, rate in enumerate(rates):
                    self._meters(loader).setdefault(f"LearningRate/group{index}", StatValue()).update(float(rate))
        for meters in self.stats.values():
            named = meters.items() if isinstance(meters, Mapping) else ()  # a trainer's own may be anything
            averages = {name: meter for name, meter in named if isinstance(meter, AverageMeter)}
            distributed.join_averages(averages)
            for meter in averages.values():
                meter.new_epoch()
        if self.tensorboard_writer is not None and distributed.rank() == 0:
            self.tensorboard_writer.write_epoch(self.stats, self.epoch)

    def _record(self) -> None:
        """Add this epoch to `stats.jsonl`."""
        for number, seconds, data_seconds in self.position.done:
            loader = self.loaders[number]
            meters = self._meters(loader)
            record = {
                "epoch": self.epoch,
                "loader": loader.name,
                "stats": {n: m.history[-1] for n, m in meters.items() if getattr(m, "has_new_data", False)},
                "seconds": seconds,
                "data_seconds": data_seconds,
            }
            if loader.training:
                record["learning_rate"] = [float(group["lr"]) for group in self.optimizer.param_groups]
            self.records.append(record)
        if self.checkpoint_folder is not None and distributed.rank() == 0:
            history.write_history(self.checkpoint_folder, self.records)

    def _open_curves(self) -> None:
        """Take up the record of the epochs before this one, and open tensorboard's files, once.

        Where the run begins, what another has left in tensorboard's folder is set aside.
        """
        if self.curves_are_open:
            return
        self.curves_are_open = True
        folder = self.checkpoint_folder
        if folder is not None:
            self.records = [r for r in history.read_history(folder) if r["epoch"] < self.epoch]
        root = getattr(self.settings.env, "tensorboard_dir", "")
        if not root or distributed.rank() != 0:
            return
        if not tensorboard.is_available():
            logger.info(f"tensorboard is not installed: curves are only in {folder}/{history.FILE_NAME}")
            return
        directory = Path(root) / self.settings.project_path
        if self.begins:
            checkpoints.set_aside(directory)
        self.tensorboard_writer = tensorboard.TensorboardWriter(directory, [loader.name for loader in self.loaders])
        if self.begins:
            names = [getattr(self.settings, name, "") for name in ("module_name", "script_name", "description")]
            self.tensorboard_writer.write_info(*names)
