"""Checkpoints that a real checkout's trainer writes load in the embedded engine, and the other way round."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from siou_tracking.bridge.session import checkout_session
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import load_network
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint

DIMP, ATOM, TOMP = "ltr.models.tracking.dimpnet", "ltr.models.bbreg.atom", "ltr.models.tracking.tompnet"
SMALL: dict[str, Any] = {"filter_size": 4, "out_feature_dim": 8, "iou_input_dim": (6, 6), "iou_inter_dim": (5, 5)}
FROZEN = ["conv1", "bn1", "layer1", "layer2"]
TRANSFORMER = {"nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 2, "dim_feedforward": 12, "feature_sz": 18}
BUILT: dict[str, tuple[str, dict[str, Any]]] = {
    "dimpnet18": (DIMP, {**SMALL, "num_dist_bins": 100, "frozen_backbone_layers": FROZEN}),
    "klcedimpnet18": (DIMP, {**SMALL, "init_initializer": "zero", "softmax_reg": None}),
    "dimpnet50_simple": (DIMP, {**SMALL, "score_act": "relu", "frozen_backbone_layers": FROZEN}),
    "atom_resnet18": (ATOM, {"iou_input_dim": (6, 6), "iou_inter_dim": (5, 5)}),
    "tompnet50": (TOMP, {**TRANSFORMER, "filter_size": 1, "out_feature_dim": 8, "frozen_backbone_layers": FROZEN}),
}


def write_by_its_own_trainer(folder: Path, name: str) -> Path:
    """A checkpoint of random weights; needs an open session."""
    module, options = BUILT[name]
    net = getattr(importlib.import_module(module), name)(**options, backbone_pretrained=False)
    settings = importlib.import_module("ltr.admin.settings").Settings()
    settings.module_name, settings.script_name, settings.project_path = "small", name, f"ltr/small/{name}"
    actor = importlib.import_module("ltr.actors").AtomActor(net=net, objective=nn.MSELoss())
    optimizer = torch.optim.Adam([one for one in net.parameters() if one.requires_grad], lr=1e-3)
    trainer = importlib.import_module("ltr.trainers.base_trainer").BaseTrainer(actor, [], optimizer, settings)
    trainer.epoch = 3
    trainer.save_checkpoint()
    return next(folder.rglob("*_ep0003.pth.tar"))


@pytest.mark.parametrize("name", BUILT)
def test_a_network_goes_there_and_back(pytracking_home, tmp_path: Path, name: str) -> None:
    environment = build_environment(tmp_path / "workspace", {})
    with checkout_session(pytracking_home, environment, pretrained=False, announce=False):
        path = write_by_its_own_trainer(tmp_path / "workspace", name)
        stored = torch.load(path)["net"]
    net, content = load_network(path)
    assert type(net).__module__.startswith("siou_tracking.ltr.models")
    assert net.state_dict().keys() == stored.keys() and content["epoch"] == 3
    assert all(torch.equal(value, stored[key]) for key, value in net.state_dict().items())
    assert content["settings"].script_name == name

    back = path.with_name(path.name.replace("0003", "0004"))
    write_checkpoint(back, {**content, "net": net.state_dict(), "constructor": net.constructor, "epoch": 4})
    with checkout_session(pytracking_home, environment, pretrained=False, announce=False):
        theirs, _ = importlib.import_module("ltr.admin.loading").load_network(str(back))
        assert type(theirs).__name__ == type(net).__name__ and type(theirs).__module__.startswith("ltr.models")
        assert all(torch.equal(value, stored[key]) for key, value in theirs.state_dict().items())
    again, _ = load_network(back, **({"optim_iter": 2} if BUILT[name][0] == DIMP else {}))
    assert all(torch.equal(value, stored[key]) for key, value in again.state_dict().items())
    if BUILT[name][0] == DIMP:
        assert net.classifier.filter_size == 4 and again.classifier.filter_optimizer.num_iter == 2
