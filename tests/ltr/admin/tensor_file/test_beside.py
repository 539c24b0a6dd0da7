"""The network alone that is written beside a checkpoint: the same to the last bit, and enough to build it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from siou_tracking.ltr.admin.checkpoint_files import checkpoint_path
from siou_tracking.ltr.admin.loading import load_network, read_checkpoint
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.admin.tensor_file.beside import write_weights
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint

LOSS = {"name": "smooth_iou", "role": "score", "params": {"sharpness": 4.0}, "weight": None}
SMALL = {"iou_input_dim": (4, 4), "iou_inter_dim": (4, 4), "iou_hidden_dim": (4, 4), "backbone_pretrained": False}


def same_bits(one: dict, other: dict) -> bool:
    return list(one) == list(other) and all(
        one[key].dtype == other[key].dtype and torch.equal(one[key], other[key]) for key in one
    )


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    net = atom_efficientnet_lite0(**SMALL)
    settings = Settings()
    settings.module_name, settings.script_name, settings.learning_rate = "bbreg", "atom_lite", 1e-3
    path = checkpoint_path(tmp_path, "ATOMnet", 7)
    content = {"epoch": 7, "net_type": "ATOMnet", "net": net.state_dict(), "constructor": net.constructor}
    write_checkpoint(path, {**content, "settings": settings, "box_loss": LOSS, "optimizer": {"state": {}}})
    return path


def test_the_file_alone_builds_the_network_bit_for_bit(checkpoint: Path) -> None:
    path = write_weights(checkpoint)
    assert path == checkpoint.with_name("ATOMnet_ep0007.safetensors")
    saved, content = read_checkpoint(checkpoint), read_checkpoint(path)
    assert same_bits(saved["net"], content["net"])
    assert (content["epoch"], content["box_loss"], content["net_type"]) == (7, LOSS, "ATOMnet")
    assert content["settings"] == {"module_name": "bbreg", "script_name": "atom_lite"}
    net, _ = load_network(path)
    assert same_bits(dict(net.state_dict()), dict(saved["net"]))


def test_the_formats_own_library_reads_it(checkpoint: Path) -> None:
    library = pytest.importorskip("safetensors.torch", reason="pip install safetensors")
    path = write_weights(checkpoint)
    theirs, saved = library.load_file(path), read_checkpoint(checkpoint)["net"]
    assert set(theirs) == set(saved) and all(torch.equal(theirs[name], saved[name]) for name in saved)
    with pytest.importorskip("safetensors").safe_open(path, "pt") as file:
        assert file.metadata()["net_type"] == "ATOMnet" and "smooth_iou" in file.metadata()["box_loss"]


def test_a_checkouts_box_loss_is_in_its_settings(checkpoint: Path) -> None:
    content = read_checkpoint(checkpoint)
    content["settings"].box_loss_choice = content.pop("box_loss")
    write_checkpoint(checkpoint, content)
    assert read_checkpoint(write_weights(checkpoint))["box_loss"] == LOSS
