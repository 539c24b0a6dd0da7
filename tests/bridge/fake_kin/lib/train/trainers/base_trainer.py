import glob
import os
import traceback

import torch
from lib.train.admin import multigpu
from torch.utils.data.distributed import DistributedSampler


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
        self.settings = settings

    def update_settings(self, settings=None):
        self.settings = settings
        folder = self.settings.env.workspace_dir if self.settings.save_dir is None else self.settings.save_dir
        self._checkpoint_dir = os.path.join(folder, "checkpoints")
        print(f"checkpoints will be saved to {self._checkpoint_dir}")
        if self.settings.local_rank in [-1, 0] and not os.path.exists(self._checkpoint_dir):
            os.makedirs(self._checkpoint_dir)

    def train(self, max_epochs, load_latest=False, fail_safe=True, load_previous_ckpt=False, distill=False):
        epoch = -1
        for _ in range(1):
            try:
                if load_latest:
                    self.load_checkpoint()
                if load_previous_ckpt:
                    self.load_state_dict(f"{self._checkpoint_dir}/{self.settings.project_path_prv}")
                for epoch in range(self.epoch + 1, max_epochs + 1):
                    self.epoch = epoch
                    self.train_epoch()
                    if self.lr_scheduler is not None:
                        self.lr_scheduler.step()
                    every = getattr(self.settings, "save_every_epoch", False)
                    if (epoch > max_epochs - 1 or every or epoch % 5 == 0) and self.settings.local_rank in [-1, 0]:
                        self.save_checkpoint()
            except:  # noqa: E722
                print(f"Training crashed at epoch {epoch}")
                if not fail_safe:
                    raise
                self.epoch -= 1
                load_latest = True
                print(traceback.format_exc())
                print("Restarting training from last epoch ...")
        print("Finished training!")

    def train_epoch(self):
        raise NotImplementedError

    def _net(self):
        return self.actor.net.module if multigpu.is_multi_gpu(self.actor.net) else self.actor.net

    def save_checkpoint(self):
        net = self._net()
        name = type(net).__name__
        state = {
            "epoch": self.epoch,
            "actor_type": type(self.actor).__name__,
            "net_type": name,
            "net": net.state_dict(),
            "net_info": getattr(net, "info", None),
            "constructor": getattr(net, "constructor", None),
            "optimizer": self.optimizer.state_dict(),
            "stats": self.stats,
            "settings": self.settings,
        }
        directory = f"{self._checkpoint_dir}/{self.settings.project_path}"
        os.makedirs(directory, exist_ok=True)
        temporary = f"{directory}/{name}_ep{self.epoch:04d}.tmp"
        torch.save(state, temporary)
        os.rename(temporary, temporary.replace(".tmp", ".pth.tar"))

    def load_checkpoint(self, checkpoint=None, fields=None, ignore_fields=None, load_constructor=False):
        net = self._net()
        if checkpoint is None:
            name = type(net).__name__
            found = sorted(glob.glob(f"{self._checkpoint_dir}/{self.settings.project_path}/{name}_ep*.pth.tar"))
            if not found:
                print("No matching checkpoint file found")
                return None
            checkpoint = found[-1]
        content = torch.load(checkpoint, map_location="cpu")
        assert content["net_type"] == type(net).__name__
        net.load_state_dict(content["net"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.epoch, self.stats = content["epoch"], content["stats"]
        self.lr_scheduler.last_epoch = self.epoch
        for loader in self.loaders:
            if isinstance(loader.sampler, DistributedSampler):
                loader.sampler.set_epoch(self.epoch)
        return True

    def load_state_dict(self, checkpoint=None, distill=False):
        if os.path.isdir(checkpoint) or not os.path.isfile(checkpoint):
            found = sorted(glob.glob(f"{checkpoint}/*_ep*.pth.tar"))
            if not found:
                raise Exception("No checkpoint found")
            checkpoint = found[-1]
        print("Loading pretrained model from ", checkpoint)
        content = torch.load(checkpoint, map_location="cpu")
        self._net().load_state_dict(content["net"], strict=False)
        return True
