"""A small ATOM with the pretrained backbone, exported once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from siou_tracking.cli.main import main
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers.atom.params import LITE_AUGMENTATIONS, PRESETS

SMALL = {"iou_input_dim": (8, 8), "iou_inter_dim": (8, 8), "iou_hidden_dim": (8, 8)}


@pytest.fixture(scope="session", autouse=True)
def small_preset() -> Iterator[None]:
    """A preset 'lite' that is traced, and learns, in seconds."""
    augmentations = dataclasses.replace(LITE_AUGMENTATIONS, rotations=(10,), dropouts=2)
    changes = {"patch_size": 128, "compressed_dim": 8, "init_gn_iter": 2, "init_cg_iter": 3, "cg_iter": 2}
    kept = PRESETS["lite"]
    PRESETS["lite"] = dataclasses.replace(
        kept, augmentations=augmentations, memory_size=16, train_skipping=3, **changes
    )
    yield
    PRESETS["lite"] = kept


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, small_preset: None) -> tuple[Path, Path]:
    """A checkpoint and what `export` makes of it."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'siou-tracking[onnx]'")
    folder = tmp_path_factory.mktemp("exported")
    torch.manual_seed(5)
    net = atom_efficientnet_lite0(**SMALL, backbone_pretrained=True)
    loss = {"name": "smooth_iou", "role": "score", "params": {"sharpness": 4.0}, "weight": None}
    content = {"epoch": 2, "net_type": "ATOMnet", "net": net.state_dict(), "constructor": net.constructor}
    write_checkpoint(folder / "a.pth.tar", {**content, "box_loss": loss})
    words = ["export", str(folder / "a.pth.tar"), "--format", "onnx", "--out", str(folder / "a.onnx")]
    assert main(words) == 0
    return folder / "a.pth.tar", folder / "a.onnx"
