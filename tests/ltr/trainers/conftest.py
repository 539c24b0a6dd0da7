"""Trainers of the tiny network, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from siou_tracking.ltr.actors import AtomActor
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.trainers import LTRTrainer
from tests.ltr.trainers.tiny_training import OtherNet, TinyLoader, TinyNet, make_batch


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., LTRTrainer]:
    """Make a trainer over `tmp_path`; each call seeds, so equal calls give equal runs."""

    def make(net: nn.Module | None = None, loaders=None, lr: float = 0.05, **values) -> LTRTrainer:
        torch.manual_seed(5)
        settings = Settings(build_environment(tmp_path), use_gpu=False)
        settings.project_path = "ltr/tests/tiny"
        for name, value in values.items():
            setattr(settings, name, value)
        net = TinyNet() if net is None else net
        optimizer = torch.optim.Adam(net.parameters(), lr=lr)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.2)
        loaders = loaders or [TinyLoader("train", True), TinyLoader("val", False, 2, epoch_interval=2)]
        return LTRTrainer(AtomActor(net, nn.MSELoss()), loaders, optimizer, settings, scheduler)

    return make


@pytest.fixture
def tiny():
    """The classes of this file, for tests that need more than one trainer."""

    class Names:
        Net, Other, Loader = TinyNet, OtherNet, TinyLoader
        batch = staticmethod(make_batch)

    return Names
