"""A small ATOM with the pretrained backbone and a DiMP on small regions, each exported once."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from siou_tracking.cli.main import main
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers.atom.params import LITE_AUGMENTATIONS, PRESETS
from siou_tracking.trackers.dimp import params as dimp_params
from tests.parity.dimp_tracks import make_network

SMALL = {"iou_input_dim": (8, 8), "iou_inter_dim": (8, 8), "iou_hidden_dim": (8, 8)}


@contextlib.contextmanager
def small_presets() -> Iterator[None]:
    """Presets 'lite' and 'dimp18' that are traced, and learn, in seconds; filters are updated within some frames."""
    kept, kept_dimp = PRESETS["lite"], dimp_params.PRESETS["dimp18"]
    augmentations = dataclasses.replace(LITE_AUGMENTATIONS, rotations=(10,), dropouts=2)
    changes = {"patch_size": 128, "compressed_dim": 8, "init_gn_iter": 2, "init_cg_iter": 3, "cg_iter": 2}
    PRESETS["lite"] = dataclasses.replace(
        kept, augmentations=augmentations, memory_size=16, train_skipping=3, **changes
    )
    augmentations = dataclasses.replace(
        kept_dimp.augmentations, rotations=(10,), blurs=((1, 3),), shifts=((0.6, -0.6),)
    )
    changes = {"patch_size": 160, "memory_size": 12, "train_skipping": 3, "hard_negative_threshold": 0.4}
    dimp_params.PRESETS["dimp18"] = dataclasses.replace(
        kept_dimp, augmentations=augmentations, init_iter=3, target_not_found_threshold=0.1, **changes
    )
    try:
        yield
    finally:
        PRESETS["lite"], dimp_params.PRESETS["dimp18"] = kept, kept_dimp


@pytest.fixture(autouse=True)
def _small_presets() -> Iterator[None]:
    with small_presets():
        yield


@pytest.fixture(scope="session")
def exported_dimp(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """As `exported`, with the weights of the recorded tracks, but boxes climb too little to overtake each other."""
    require_packages()
    folder = tmp_path_factory.mktemp("exported")
    net = make_network("dimp18")
    with torch.no_grad():
        net.bb_regressor.iou_predictor.weight.mul_(0.3)
    content = {"epoch": 2, "net_type": "DiMPnet", "net": net.state_dict(), "constructor": net.constructor}
    write_checkpoint(folder / "d.pth.tar", content)
    words = ["export", str(folder / "d.pth.tar"), "--format", "onnx", "--out", str(folder / "d.onnx")]
    with small_presets():
        assert main(words) == 0
    return folder / "d.pth.tar", folder / "d.onnx"


def require_packages() -> None:
    """Skip where one is not installed."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'siou-tracking[onnx]'")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A checkpoint and what `export` makes of it."""
    require_packages()
    folder = tmp_path_factory.mktemp("exported")
    torch.manual_seed(5)
    net = atom_efficientnet_lite0(**SMALL, backbone_pretrained=True)
    loss = {"name": "smooth_iou", "role": "score", "params": {"sharpness": 4.0}, "weight": None}
    content = {"epoch": 2, "net_type": "ATOMnet", "net": net.state_dict(), "constructor": net.constructor}
    write_checkpoint(folder / "a.pth.tar", {**content, "box_loss": loss})
    words = ["export", str(folder / "a.pth.tar"), "--format", "onnx", "--out", str(folder / "a.onnx")]
    with small_presets():
        assert main(words) == 0
    return folder / "a.pth.tar", folder / "a.onnx"
