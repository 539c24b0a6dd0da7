from collections import OrderedDict

import torch
from lib.train.admin import AverageMeter
from lib.train.trainers.base_trainer import BaseTrainer


class LTRSeqTrainer(BaseTrainer):
    """Explores first and never calls the actor itself."""

    def __init__(self, actor, loaders, optimizer, settings, lr_scheduler=None, use_amp=False):
        super().__init__(actor, loaders, optimizer, settings, lr_scheduler)
        self.stats = OrderedDict({loader.name: None for loader in loaders})

    def train_epoch(self):
        loader = self.loaders[0]
        torch.set_grad_enabled(True)
        for data in loader:
            data = data.to(self.device)
            self.actor.eval()
            with torch.no_grad():
                explored = self.actor.explore(data)
            self.actor.train(True)
            self.optimizer.zero_grad()
            loss, stats = self.actor.compute_sequence_losses({**data, **explored, "epoch": self.epoch})
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.actor.net.parameters(), 100)
            self.optimizer.step()
            if self.stats[loader.name] is None:
                self.stats[loader.name] = OrderedDict({name: AverageMeter() for name in stats})
            for name, value in stats.items():
                self.stats[loader.name][name].update(value)
        for value in self.stats[loader.name].values():
            value.new_epoch()
