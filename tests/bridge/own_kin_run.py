"""A checkout of the kin that trains by its own script, to compare with."""

from __future__ import annotations

import importlib
from pathlib import Path

import torch


def run_own_training(script: str, config: str, workspace: Path, seed: int, on_cpu: bool = True) -> Path:
    """Call the checkout's `run_training` in a session, and return the folder of its checkpoints.

    Nothing of ours is done to it but the device, where `on_cpu`.
    """
    trainer = importlib.import_module("lib.train.trainers.base_trainer").BaseTrainer
    init = trainer.__init__

    def init_on_cpu(self, actor, loaders, optimizer, settings, *args, **options):
        settings.device = torch.device("cpu")
        init(self, actor, loaders, optimizer, settings, *args, **options)

    if on_cpu:
        trainer.__init__ = init_on_cpu
    run_training = importlib.import_module("lib.train.run_training").run_training
    run_training(script, config, save_dir=str(workspace), base_seed=seed)
    return workspace / "checkpoints/train" / script / config
