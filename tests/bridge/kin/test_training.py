"""Training with a checkout of the kin: its own numbers without options, every option from outside, one-line errors."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import torch

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.training import train_checkout
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from tests.train_options import train_request

BOXES = [
    ("ostrack", "vitb_256"),
    ("stark_st1", "baseline"),
    ("mixformer_vit", "baseline"),
    ("artrack", "artrack_256"),
    ("artrack_seq", "artrack_seq_256"),
    ("odtrack", "baseline"),
]


@pytest.fixture
def train(fake_kin, tiny_got10k, tmp_path):
    """`train_checkout` on the fake checkout with data, a workspace and no download."""

    def run(script="ostrack", config: str | None = "vitb_256", **options):
        options = {"data": {"got10k": tiny_got10k}, "workspace": tmp_path / "w", "quiet": True, **options}
        return train_checkout(fake_kin, train_request(script, config, **{"pretrained": False, **options}))

    return run


def checkpoints(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.pth.tar"))


def own_run(checkout, data, workspace, script, config, seed) -> dict:
    """Statistics and weights of the checkout's own `run_training`, to which nothing of ours was done but the device."""
    with checkout_session(checkout, build_environment(workspace, {"got10k": data}), pretrained=False, announce=False):
        trainer = importlib.import_module("lib.train.trainers").BaseTrainer
        init = trainer.__init__

        def on_cpu(self, actor, loaders, optimizer, settings, *args, **options):
            settings.device = torch.device("cpu")
            init(self, actor, loaders, optimizer, settings, *args, **options)

        trainer.__init__ = on_cpu
        run_training = importlib.import_module("lib.train.run_training").run_training
        run_training(script, config, save_dir=str(workspace), base_seed=seed)
        last = sorted((workspace / "checkpoints" / "train" / script / config).iterdir())[-1]
        content = torch.load(last, map_location="cpu")
    stats = {
        loader: {key: value.history for key, value in (values or {}).items()}
        for loader, values in content["stats"].items()
    }
    return {"stats": stats, "net": content["net"]}


@pytest.mark.parametrize(("script", "config"), [*BOXES, ("mixformer_vit_online", "baseline")])
def test_without_options_losses_and_weights_are_the_checkouts_own_to_the_last_bit(
    train, fake_kin, tiny_got10k, tmp_path, script, config
):
    own = own_run(fake_kin, tiny_got10k, tmp_path / "own", script, config, seed=3)
    result = train(script, config, seed=3)
    assert result.stats == own["stats"]
    assert result.project_path == f"train/{script}/{config}"
    assert result.checkpoint == tmp_path / "w/checkpoints" / result.project_path / result.checkpoint.name
    net = read_checkpoint(result.checkpoint)["net"]
    assert net.keys() == own["net"].keys() and all(torch.equal(net[key], own["net"][key]) for key in net)
