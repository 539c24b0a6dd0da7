"""One settings file built by both engines: network, actor and optimizer, to be given the same weights and batch.

Works for any settings file of a PyTracking checkout that this package's engine can build too. Neither engine trains:
both stop where the file calls `trainer.train`.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any  # either engine's objects, which have no type in common
from unittest import mock

import torch
from torch import nn

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.log import quiet
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.environment import EnvironmentSettings, use_environment
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.data.collate import collate
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.models.backbone.pretrained import pretrained_weights
from siou_tracking.ltr.settings_files import load_run, settings_of_checkout
from siou_tracking.ltr.trainers import LTRTrainer


@dataclass(frozen=True)
class Training:
    """What a settings file has built."""

    actor: Any
    optimizer: torch.optim.Optimizer
    sampler: Any
    """Of its first loader."""

    def draw(self, samples: int, seed: int = 0) -> TensorDict:
        """A batch as the first loader would put it together."""
        torch.manual_seed(seed)
        batch: TensorDict = collate([self.sampler[index] for index in range(samples)], dim=1)
        return batch

    def step(self, batch: TensorDict, done: Callable[[str], None] = lambda part: None) -> dict[str, float]:
        """One training step, and the actor's statistics; `done` is called with the name of each part of it."""
        self.actor.train()
        loss, stats = self.actor(batch.copy())
        done("network and losses")
        self.optimizer.zero_grad()
        loss.backward()
        done("gradients")
        self.optimizer.step()
        done("optimizer")
        return {name: float(value) for name, value in stats.items()}


def build_ours(checkout: Checkout, module: str, name: str, environment: EnvironmentSettings) -> Training:
    """What the checkout's settings file builds on this package's engine; backbones begin with random weights."""
    file = settings_of_checkout(checkout.root, module, name)
    assert file is not None, f"{checkout.root} has no settings {module} {name}"
    with (
        quiet(),
        use_environment(environment),
        pretrained_weights(False),
        _caught(LTRTrainer) as caught,
        engine_imports(),
    ):
        load_run(file)(_named(Settings(environment), module, name))
    return _training(caught[-1])


@contextlib.contextmanager
def build_theirs(checkout: Checkout, module: str, name: str, environment: EnvironmentSettings) -> Iterator[Training]:
    """What it builds on the checkout's own engine, whose packages are there inside the block."""
    with checkout_session(checkout, environment, pretrained=False, announce=False):
        trainer = importlib.import_module("ltr.trainers.base_trainer").BaseTrainer
        settings = importlib.import_module("ltr.admin.settings").Settings()
        run: Callable[[Any], None] = importlib.import_module(f"ltr.train_settings.{module}.{name}").run
        with _caught(trainer) as caught:
            run(_named(settings, module, name))
        yield _training(caught[-1])


def share_weights(source: Training, target: Training) -> None:
    """Give the target's network the source's weights, by name; every name must be in both."""
    target.actor.net.load_state_dict(source.actor.net.state_dict())


def drop_nothing(training: Training) -> None:
    """Turn dropout off in the network, so that two engines compute the same in training."""
    for module in training.actor.net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0


@contextlib.contextmanager
def _caught(trainer: type) -> Iterator[list[Any]]:
    """Trainers of this class, which do nothing where they are told to train."""
    caught: list[Any] = []
    with mock.patch.object(trainer, "train", lambda self, *args, **kwargs: caught.append(self)):
        yield caught


def _named(settings: Any, module: str, name: str) -> Any:
    settings.module_name, settings.script_name, settings.project_path = module, name, f"ltr/{module}/{name}"
    settings.device = torch.device("cpu")
    return settings


def _training(trainer: Any) -> Training:
    return Training(trainer.actor, trainer.optimizer, trainer.loaders[0].dataset)
