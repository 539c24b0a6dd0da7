import traceback
from pathlib import Path

import torch

from ltr.admin import loading, multigpu


class BaseTrainer:
    def __init__(self, actor, loaders, optimizer, settings, lr_scheduler=None):
        self.actor = actor
        self.optimizer = optimizer
        self.lr_scheduler = lr_scheduler
        self.loaders = loaders
        self.update_settings(settings)
        self.epoch = 0
        self.stats = {}
        self.device = getattr(settings, "device", None)
        if self.device is None:
            self.device = torch.device("cuda:0" if torch.cuda.is_available() and settings.use_gpu else "cpu")
        self.actor.to(self.device)

    def update_settings(self, settings=None):
        if settings is not None:
            self.settings = settings
        self._checkpoint_dir = str(Path(self.settings.env.workspace_dir) / "checkpoints")
        Path(self._checkpoint_dir).mkdir(parents=True, exist_ok=True)

    def train(self, max_epochs, load_latest=False, fail_safe=True):
        for _ in range(10):
            try:
                if load_latest:
                    self.load_checkpoint()
                for epoch in range(self.epoch + 1, max_epochs + 1):
                    self.epoch = epoch
                    self.train_epoch()
                    if self.lr_scheduler is not None:
                        self.lr_scheduler.step()
                    self.save_checkpoint()
            except Exception:
                print(f"Training crashed at epoch {self.epoch}")
                if not fail_safe:
                    raise
                self.epoch -= 1
                load_latest = True
                print(traceback.format_exc())
        print("Finished training!")

    def train_epoch(self):
        raise NotImplementedError

    def _net(self):
        return self.actor.net.module if multigpu.is_multi_gpu(self.actor.net) else self.actor.net

    def save_checkpoint(self):
        net = self._net()
        state = {
            "epoch": self.epoch,
            "actor_type": type(self.actor).__name__,
            "net_type": type(net).__name__,
            "net": net.state_dict(),
            "net_info": getattr(net, "info", None),
            "constructor": getattr(net, "constructor", None),
            "optimizer": self.optimizer.state_dict(),
            "stats": self.stats,
            "settings": self.settings,
        }
        folder = Path(self._checkpoint_dir) / self.settings.project_path
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{type(net).__name__}_ep{self.epoch:04d}.tmp"
        torch.save(state, temporary)
        temporary.rename(temporary.with_suffix(".pth.tar"))

    def load_checkpoint(self, checkpoint=None, fields=None, ignore_fields=None, load_constructor=False):
        net = self._net()
        if checkpoint is None:
            folder = Path(self._checkpoint_dir) / self.settings.project_path
            found = sorted(folder.glob(f"{type(net).__name__}_ep*.pth.tar"))
            if not found:
                print("No matching checkpoint file found")
                return None
            checkpoint = str(found[-1])
        content = loading.torch_load_legacy(checkpoint)
        assert content["net_type"] == type(net).__name__
        net.load_state_dict(content["net"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.epoch, self.stats = content["epoch"], content["stats"]
        if self.lr_scheduler is not None:
            self.lr_scheduler.last_epoch = self.epoch
        return True
