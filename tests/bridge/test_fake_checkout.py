"""The fake checkout trains and tracks in a session, so that what other tests show on it is shown on running code."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from siou_tracking.bridge.session import checkout_session
from siou_tracking.ltr.admin.environment import build_environment
from tests.bridge.fake_checkout import files_of

SETTINGS = ["bbreg.atom", "bbreg.atom_prob_ml", "dimp.dimp18", "dimp.prdimp18", "tomp.tomp50"]


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_setting_trains_and_leaves_a_checkpoint_of_both_epochs(fake_checkout, tiny_got10k, tmp_path, settings):
    module, name = settings.split(".")
    before = files_of(fake_checkout.root)
    with checkout_session(fake_checkout, build_environment(tmp_path, {"got10k": tiny_got10k}), pretrained=False):
        importlib.import_module("ltr.run_training").run_training(module, name)
    written = sorted((tmp_path / "checkpoints" / "ltr" / module / name).iterdir())
    assert [path.name.partition("_")[2] for path in written] == ["ep0001.pth.tar", "ep0002.pth.tar"]
    assert files_of(fake_checkout.root) == before


def test_its_trackers_load_a_checkpoint_and_keep_the_first_box(fake_checkout, tmp_path):
    folders = {"network_path": str(tmp_path)}
    with checkout_session(fake_checkout, {"workspace_dir": str(tmp_path)}, tracking=folders, pretrained=False):
        _save_network(tmp_path / "dimp18.pth")
        description = importlib.import_module("pytracking.evaluation").Tracker("dimp", "dimp18")
        params = description.get_parameters()
        params.use_gpu = params.net.use_gpu = False
        tracker = description.create_tracker(params)
        tracker.initialize(np.zeros((72, 96, 3), np.uint8), {"init_bbox": [3, 4, 20, 10]})
        assert tracker.track(np.zeros((72, 96, 3), np.uint8))["target_bbox"] == [3, 4, 20, 10]


def _save_network(path):
    import torch

    net = importlib.import_module("ltr.models.tracking.dimpnet").dimpnet18()
    settings = importlib.import_module("ltr.admin.settings").Settings()
    content = {"net": net.state_dict(), "net_type": "DiMPnet", "constructor": net.constructor, "settings": settings}
    torch.save(content, path)
