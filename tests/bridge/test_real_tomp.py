"""An unmodified settings file of ToMP has the same losses in both engines, for the same batch and weights."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.settings_search import find_checkout_settings
from siou_tracking.ltr import dataset as datasets
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.data import loader
from siou_tracking.ltr.models.backbone.pretrained import pretrained_weights
from siou_tracking.ltr.settings_files import compile_run
from siou_tracking.ltr.trainers import LTRTrainer
from siou_tracking.scenes import write_got10k

DATA_SETS = ("Got10k", "Lasot", "TrackingNet", "MSCOCOSeq")


def stop_before_training(monkeypatch: pytest.MonkeyPatch, trainer_class: type) -> list[Any]:
    """The trainers that would have trained from now on."""
    made: list[Any] = []
    monkeypatch.setattr(trainer_class, "train", lambda trainer, *args, **kwargs: made.append(trainer))
    return made


def build_here(monkeypatch: pytest.MonkeyPatch, file: Any, root: Path) -> Any:
    """The trainer that a settings file makes in the embedded engine, on a small data set and in batches of two."""
    real, own = datasets.Got10k, loader.LTRLoader.__init__
    for name in DATA_SETS:
        monkeypatch.setattr(datasets, name, lambda *args, **kwargs: real(str(root / "train")))
    monkeypatch.setattr(
        loader.LTRLoader,
        "__init__",
        lambda *args, **kwargs: own(*args, **{**kwargs, "batch_size": 2, "num_workers": 0}),
    )
    made = stop_before_training(monkeypatch, LTRTrainer)
    settings = Settings(
        build_environment(root / "here", dict.fromkeys(("lasot", "got10k", "trackingnet", "coco"), root))
    )
    settings.project_path, settings.use_gpu = f"ltr/{file.module}/{file.name}", False
    with engine_imports(), pretrained_weights(False):
        compile_run(file)(settings)
    return made[0]


def build_there(monkeypatch: pytest.MonkeyPatch, file: Any) -> Any:
    """The trainer that a settings file makes in the checkout, without data; needs an open session."""
    for name in DATA_SETS:
        monkeypatch.setattr(importlib.import_module("ltr.dataset"), name, lambda *args, **kwargs: None)
    made = stop_before_training(monkeypatch, importlib.import_module("ltr.trainers").LTRTrainer)
    settings = importlib.import_module("ltr.admin.settings").Settings()
    settings.project_path, settings.use_gpu = f"ltr/{file.module}/{file.name}", False
    compile_run(file)(settings)
    return made[0]


def statistics(trainer: Any, batch: dict[str, Any]) -> dict[str, float]:
    """Of a training step's loss, nothing dropped."""
    trainer.actor.train()
    for module in trainer.actor.net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0
    with torch.no_grad():
        _, stats = trainer.actor(batch)
    return {name: float(value) for name, value in stats.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tomp50", "tomp101"])
def test_first_losses_of_an_unmodified_settings_file_are_the_checkouts(
    pytracking_home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    write_got10k(tmp_path, "train", 2, length=22, size=(160, 120), progress=False)
    file = find_checkout_settings(pytracking_home, "tomp", name)
    torch.manual_seed(0)
    ours = build_here(monkeypatch, file, tmp_path)
    batch = dict(next(iter(ours.loaders[0])))
    assert batch["test_sample_region"].any() and batch["train_images"].shape == (2, 2, 3, 288, 288)
    weights = {key: value.clone() for key, value in ours.net.state_dict().items()}
    groups = [(group["lr"], group["weight_decay"], len(group["params"])) for group in ours.optimizer.param_groups]
    found = statistics(ours, batch)
    monkeypatch.undo()
    environment = build_environment(
        tmp_path / "there", dict.fromkeys(("lasot", "got10k", "trackingnet", "coco"), tmp_path)
    )
    with checkout_session(pytracking_home, environment, pretrained=False, announce=False):
        theirs = build_there(monkeypatch, file)
        assert [(g["lr"], g["weight_decay"], len(g["params"])) for g in theirs.optimizer.param_groups] == groups
        theirs.actor.net.module.load_state_dict(weights)
        expected = statistics(theirs, batch)
        monkeypatch.undo()
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert type(theirs.actor).__module__ == "ltr.actors.tracking"
