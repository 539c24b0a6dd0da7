"""The fake kin checkout trains in a session, so that what other tests show on it is shown on running code."""

from __future__ import annotations

import importlib

import pytest
import torch

from siou_tracking.bridge.session import checkout_session
from siou_tracking.ltr.admin.environment import build_environment
from tests.bridge.fake_checkout import files_of

SETTINGS = [
    "ostrack vitb_256",
    "stark_st1 baseline",
    "mixformer_vit baseline",
    "mixformer_vit_online baseline",
    "artrack artrack_256",
    "artrack_seq artrack_seq_256",
    "odtrack baseline",
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_it_trains_and_leaves_the_last_checkpoint(fake_kin, tiny_got10k, tmp_path, settings):
    script, config = settings.split()
    before = files_of(fake_kin.root)
    with checkout_session(fake_kin, build_environment(tmp_path / "w", {"got10k": tiny_got10k}), pretrained=False):
        trainer = importlib.import_module("lib.train.trainers").BaseTrainer
        init = trainer.__init__

        def on_cpu(self, actor, loaders, optimizer, settings, *args, **options):
            settings.device = torch.device("cpu")
            init(self, actor, loaders, optimizer, settings, *args, **options)

        trainer.__init__ = on_cpu
        run_training = importlib.import_module("lib.train.run_training").run_training
        run_training(script, config, save_dir=str(tmp_path / "w"), base_seed=1)
    written = sorted((tmp_path / "w/checkpoints/train" / script / config).iterdir())
    assert [path.name.partition("_")[2] for path in written] == ["ep0002.pth.tar"]
    assert files_of(fake_kin.root) == before
