from collections import OrderedDict
from pathlib import Path

import torch

from ltr.admin.stats import AverageMeter, StatValue
from ltr.admin.tensorboard import TensorboardWriter
from ltr.trainers import BaseTrainer


class LTRTrainer(BaseTrainer):
    def __init__(self, actor, loaders, optimizer, settings, lr_scheduler=None, freeze_backbone_bn_layers=False):
        super().__init__(actor, loaders, optimizer, settings, lr_scheduler)
        self.freeze_backbone_bn_layers = freeze_backbone_bn_layers
        for name, value in (("print_interval", 10), ("description", ""), ("move_data_to_gpu", True)):
            if not hasattr(settings, name):
                setattr(settings, name, value)
        self.stats = OrderedDict({loader.name: None for loader in loaders})
        folder = Path(settings.env.tensorboard_dir) / settings.project_path
        self.tensorboard_writer = TensorboardWriter(str(folder), [loader.name for loader in loaders])

    def cycle_dataset(self, loader):
        self.actor.train(loader.training)
        torch.set_grad_enabled(loader.training)
        for data in loader:
            if self.settings.move_data_to_gpu:
                data = data.to(self.device)
            data["epoch"] = self.epoch
            data["settings"] = self.settings
            loss, stats = self.actor(data)
            if loader.training:
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            batch_size = data["train_images"].shape[loader.stack_dim]
            self._update_stats(stats, batch_size, loader)

    def train_epoch(self):
        for loader in self.loaders:
            if self.epoch % loader.epoch_interval == 0:
                self.cycle_dataset(loader)
        for values in self.stats.values():
            for value in (values or {}).values():
                if hasattr(value, "new_epoch"):
                    value.new_epoch()
        self.tensorboard_writer.write_epoch(self.stats, self.epoch)

    def _update_stats(self, new, batch_size, loader):
        if self.stats.get(loader.name) is None:
            self.stats[loader.name] = OrderedDict({name: AverageMeter() for name in new})
            self.stats[loader.name]["LearningRate/group0"] = StatValue()
        for name, value in new.items():
            self.stats[loader.name].setdefault(name, AverageMeter()).update(value, batch_size)
