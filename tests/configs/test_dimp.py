"""The settings of DiMP's family have the numbers of PyTracking's, whose own files run here unmodified."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from siou_tracking.configs.dimp import for_all_gpus

from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.environment import build_environment, use_environment
from siou_tracking.ltr.admin.multigpu import MultiGPU
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.models.backbone.pretrained import pretrained_weights
from siou_tracking.ltr.settings_files import SettingsFile, find_settings, load_run
from siou_tracking.ltr.trainers import LTRTrainer
from tests.reference_data import reference_checkout

NAMES = ["dimp18", "dimp50", "prdimp18", "prdimp50", "super_dimp", "super_dimp_simple"]
NUMBERS = {
    "dimp18": (26, 288, 30, "iou", 1, [5e-5, 5e-4, 5e-5, 1e-3, 2e-4]),
    "dimp50": (10, 288, 30, "iou", 1, [5e-5, 5e-4, 5e-5, 2e-4, 2e-5]),
    "prdimp18": (26, 288, 200, "bb_ce", 0.0025, [1e-3, 1e-3, 2e-4]),
    "prdimp50": (10, 288, 200, "bb_ce", 0.0025, [1e-3, 1e-3, 2e-5]),
    "super_dimp": (20, 352, 200, "bb_ce", 0.01, [5e-5, 5e-4, 5e-5, 1e-3, 2e-5]),
    "super_dimp_simple": (20, 352, 200, "bb_ce", 0.01, [5e-5, 5e-4, 5e-5, 1e-3, 2e-5]),
}
"""Batch, pixels, gap, box term, its weight, learning rates: those of PyTracking, as published."""


def built(file: SettingsFile, stand_ins: dict, workspace: Path) -> LTRTrainer:
    """The trainer that a settings file makes; it does not train, and keeps what it was told in `told`."""
    for name in ("Got10k", "Lasot", "TrackingNet", "MSCOCOSeq"):
        stand_ins.pop(name, None)
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(3)
    environment = build_environment(workspace, stand_ins["data"])
    settings, trainers = Settings(environment), []
    settings.project_path, settings.script_name = "ltr/dimp/any", file.name

    def told(self: LTRTrainer, *args: Any, **options: Any) -> None:
        self.told = args, options
        trainers.append(self)

    with (
        use_environment(environment),
        pretrained_weights(False),
        mock.patch.object(LTRTrainer, "train", told),
        engine_imports(),
    ):
        load_run(file)(settings)
    return trainers[-1]


def described(trainer: LTRTrainer, stand_ins: dict) -> dict[str, Any]:
    """Everything that a settings file says of a run."""
    actor, network = trainer.actor, trainer.actor.net.constructor
    groups = trainer.optimizer.param_groups
    return {
        "settings": {k: v for k, v in vars(trainer.settings).items() if k not in ("env", "description")},
        "network": (network.fun_name, network.args, network.kwds),
        "actor": (type(actor).__name__, actor.loss_weight, {k: describe(v) for k, v in actor.objective.items()}),
        "optimizer": [({k: v for k, v in g.items() if k != "params"}, [p.shape for p in g["params"]]) for g in groups],
        "schedule": {k: v for k, v in vars(trainer.lr_scheduler).items() if isinstance(v, int | float)},
        "training": trainer.told,
        "loaders": [describe_loader(loader) for loader in trainer.loaders],
        "data sets": {name: asked for name, asked in stand_ins.items() if name != "data"},
    }


def describe(objective: torch.nn.Module) -> tuple[str, dict[str, Any]]:
    return repr(objective), {k: v for k, v in vars(objective).items() if not k.startswith("_")}


def describe_loader(loader: Any) -> dict[str, Any]:
    sampler = loader.dataset
    about = {k: getattr(loader, k) for k in ("name", "training", "epoch_interval", "stack_dim", "batch_size")}
    more = {k: getattr(loader, k) for k in ("num_workers", "drop_last")}
    drawn = {k: v for k, v in vars(sampler).items() if k not in ("datasets", "processing", "_usable")}
    processing = {k: repr(v) if k == "transform" else v for k, v in vars(sampler.processing).items()}
    return {**about, **more, "order": type(loader.sampler).__name__, "drawn": drawn, "processing": processing}


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_has_its_published_numbers(name: str, stand_ins: dict, tmp_path: Path):
    trainer = built(find_settings("dimp", name), stand_ins, tmp_path)
    batch, pixels, gap, key, weight, rates = NUMBERS[name]
    train, val = trainer.loaders
    assert (train.batch_size, train.dataset.max_gap, trainer.settings.output_sz) == (batch, gap, pixels)
    assert (trainer.actor.loss_weight[key], [g["lr"] for g in trainer.optimizer.param_groups]) == (weight, rates)
    assert trainer.told[0] == (50,) and val.epoch_interval == 5
    assert stand_ins["Got10k"] == [{"split": "vottrain"}, {"split": "votval"}]


@pytest.mark.parametrize("name", NAMES)
def test_upstreams_own_file_builds_the_same_to_the_last_value(name: str, stand_ins: dict, tmp_path: Path):
    path = reference_checkout() / "ltr/train_settings/dimp" / f"{name}.py"
    theirs = built(find_settings(path), stand_ins, tmp_path)
    their_run, their_weights = described(theirs, dict(stand_ins)), theirs.actor.net.state_dict()
    ours = built(find_settings("dimp", name), stand_ins, tmp_path)
    assert described(ours, stand_ins) == their_run
    for key, value in ours.actor.net.state_dict().items():
        assert torch.equal(value, their_weights[key]), key
    samples = [trainer.loaders[0].dataset for trainer in (ours, theirs)]
    for sampler in samples:
        sampler.set_epoch(1)
    first, second = (sampler[0] for sampler in samples)
    assert first.keys() == second.keys()
    assert all(torch.equal(v, second[k]) for k, v in first.items() if isinstance(v, torch.Tensor))


@pytest.mark.parametrize("name", NAMES)
def test_its_smooth_iou_twin_is_the_same_with_the_box_loss(name: str, stand_ins: dict, tmp_path: Path):
    trainer = built(find_settings("dimp", f"{name}_smooth_iou"), stand_ins, tmp_path)
    role = "density" if NUMBERS[name][3] == "bb_ce" else "score"
    assert (trainer.box_loss["name"], trainer.box_loss["role"]) == ("smooth_iou", role)
    assert trainer.loaders[0].batch_size == NUMBERS[name][0]
    assert trainer.settings.project_path == "ltr/dimp/any_smooth_iou"


def test_several_gpus_wrap_the_network_and_leave_its_parts_in_reach():
    net = torch.nn.Sequential(torch.nn.Linear(2, 2))
    net.bb_regressor = net[0]
    with engine_imports():
        wrapped = for_all_gpus(SimpleNamespace(multi_gpu=True), net)
        assert for_all_gpus(SimpleNamespace(multi_gpu=False), net) is net
    assert isinstance(wrapped, MultiGPU) and wrapped.bb_regressor is net[0]
