import os
from collections import OrderedDict

import torch
from lib.train.admin import AverageMeter, StatValue, TensorboardWriter
from lib.train.data.wandb_logger import WandbWriter
from lib.train.trainers.base_trainer import BaseTrainer
from torch.utils.data.distributed import DistributedSampler


class LTRTrainer(BaseTrainer):
    def __init__(self, actor, loaders, optimizer, settings, lr_scheduler=None, use_amp=False):
        super().__init__(actor, loaders, optimizer, settings, lr_scheduler)
        for name, value in (("print_interval", 10), ("print_stats", None), ("description", "")):
            if getattr(settings, name, None) is None:
                setattr(settings, name, value)
        self.stats = OrderedDict({loader.name: None for loader in loaders})
        self.wandb_writer = None
        if settings.local_rank in [-1, 0]:
            folder = os.path.join(settings.env.tensorboard_dir, settings.project_path)
            os.makedirs(folder, exist_ok=True)
            self.tensorboard_writer = TensorboardWriter(folder, [loader.name for loader in loaders])
            if settings.use_wandb:
                self.wandb_writer = WandbWriter(settings.project_path[6:], {}, folder)

    def cycle_dataset(self, loader):
        self.actor.train(loader.training)
        torch.set_grad_enabled(loader.training)
        for step, data in enumerate(loader, 1):
            data = data.to(self.device)
            data["epoch"] = self.epoch
            data["settings"] = self.settings
            loss, stats = self.actor(data)
            if loader.training:
                self.optimizer.zero_grad()
                loss.backward()
                if self.settings.grad_clip_norm > 0:
                    torch.nn.utils.clip_grad_norm_(self.actor.net.parameters(), self.settings.grad_clip_norm)
                self.optimizer.step()
            self._update_stats(stats, data["template_images"].shape[loader.stack_dim], loader)
            self._print_stats(step, loader)

    def train_epoch(self):
        for loader in self.loaders:
            if self.epoch % loader.epoch_interval == 0:
                if isinstance(loader.sampler, DistributedSampler):
                    loader.sampler.set_epoch(self.epoch)
                self.cycle_dataset(loader)
        for values in self.stats.values():
            for value in (values or {}).values():
                if hasattr(value, "new_epoch"):
                    value.new_epoch()
        if self.settings.local_rank in [-1, 0]:
            self.tensorboard_writer.write_epoch(self.stats, self.epoch)

    def _update_stats(self, new, batch_size, loader):
        if self.stats.get(loader.name) is None:
            self.stats[loader.name] = OrderedDict({name: AverageMeter() for name in new})
            self.stats[loader.name]["LearningRate/group0"] = StatValue()
        for name, value in new.items():
            self.stats[loader.name].setdefault(name, AverageMeter()).update(value, batch_size)

    def _print_stats(self, step, loader):
        if step % self.settings.print_interval == 0 or step == len(loader):
            values = ", ".join(
                f"{name}: {one.avg:.5f}" for name, one in self.stats[loader.name].items() if hasattr(one, "avg")
            )
            line = f"[{loader.name}: {self.epoch}, {step} / {len(loader)}] {values}"
            print(line)
            with open(self.settings.log_file, "a") as log:
                log.write(line + "\n")
