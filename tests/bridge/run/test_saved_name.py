"""Checkpoints of a trainer that gives them a name of its own: written, found again, and told."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.training import train_checkout
from tests.train_options import train_request

TRAINER = "lib/train/trainers/base_trainer.py"


@pytest.fixture
def train(fake_kin, tiny_got10k, tmp_path):
    path = fake_kin.root / TRAINER
    text = path.read_text()
    assert text.count("type(net).__name__") == 3
    text = text.replace("type(net).__name__", "NAMES[0]").replace(
        "class BaseTrainer", "NAMES = ['PUBLIC']\n\n\nclass BaseTrainer"
    )
    path.write_text(text)

    def run(**options):
        options = {"data": {"got10k": tiny_got10k}, "workspace": tmp_path / "w", "quiet": True, "workers": 0, **options}
        options = {"pretrained": False, "device": "cpu", "samples_per_epoch": 8, **options}
        return train_checkout(fake_kin, train_request("ostrack", "vitb_256", **options))

    return run


def test_the_checkpoint_is_told_and_continued_from(train, capsys):
    first = train(epochs=1, box_loss="smooth_iou")
    assert first.checkpoint.name == "PUBLIC_ep0001.pth.tar"
    second = train(epochs=2, box_loss="smooth_iou", resume=True)
    assert second.checkpoint.name == "PUBLIC_ep0002.pth.tar"
    names = {path.name for path in first.checkpoint.parent.iterdir()}
    assert {"PUBLIC_ep0001.pth.tar", "PUBLIC_ep0002.pth.tar"} <= names and not any("ep0000" in name for name in names)
