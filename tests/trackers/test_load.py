"""A file of weights, or its name, becomes the tracker it was trained for, with the preset that suits its network."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.tensor_file.beside import write_weights
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0, atom_resnet18
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers import load_tracker
from siou_tracking.trackers.atom.params import atom_params
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.weight_files import FOLDERS_VARIABLE, find_weights, weight_folders

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"backbone_pretrained": False, "iou_input_dim": (16, 16), "iou_inter_dim": (16, 16)}


def write(path: Path, net: nn.Module, kind: str = "") -> Path:
    kind = kind or type(net).__name__
    write_checkpoint(path, {"net": net.state_dict(), "net_type": kind, "constructor": net.constructor})
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("weights")
    write(made / "mine.pth.tar", atom_efficientnet_lite0(**SMALL))
    write(made / "large.pth.tar", atom_resnet18(**SMALL))
    write(made / "crowd.pth.tar", atom_resnet18(**SMALL), kind="MOTNet")
    return made


def test_a_file_says_what_it_is_and_two_lines_give_the_first_box(folder: Path) -> None:
    tracker = load_tracker(folder / "mine.pth.tar", device="cpu")
    tracker.initialize(np.zeros((60, 80, 3), np.uint8), {"init_bbox": [10, 10, 20, 20]})
    assert isinstance(tracker, ATOM) and tracker.params == atom_params("lite")
    assert np.isfinite(tracker.track(np.zeros((60, 80, 3), np.uint8))["target_bbox"]).all()
    large = load_tracker(folder / "large.pth.tar", device="cpu")
    assert isinstance(large, ATOM) and large.params == atom_params("default")


def test_a_tracker_with_its_backbone_in_half_precision(folder: Path) -> None:
    frame = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    tracks = []
    for amp in (None, "bf16"):
        tracker = load_tracker(folder / "mine.pth.tar", device="cpu", amp=amp)
        tracker.initialize(frame, {"init_bbox": [10, 10, 20, 20]})
        tracks.append(tracker.track(frame)["score"])
    assert tracks[0] != tracks[1] == pytest.approx(tracks[0], abs=0.1)
    with pytest.raises(InputError, match=r"amp bf16: weights: .*whole\.onnx: holds a whole tracker as it is"):
        (folder / "whole.onnx").write_bytes(b"")
        load_tracker(folder / "whole.onnx", amp="bf16")


def test_a_name_is_looked_for_in_the_folders(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDERS_VARIABLE, os.pathsep.join([str(tmp_path / "none"), str(folder)]))
    monkeypatch.chdir(tmp_path)
    assert find_weights("mine") == folder / "mine.pth.tar"
    (folder / "mine.safetensors").write_bytes(b"")
    assert find_weights("mine") == folder / "mine.safetensors"
    (folder / "mine.safetensors").unlink()
    with pytest.raises(InputError, match=r"weights: mime: not found, .* a name in .*; did you mean 'mine'\?"):
        find_weights("mime")
    with pytest.raises(InputError, match="not found"):
        find_weights("there/mine")  # a path is no name
    monkeypatch.delenv(FOLDERS_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert weight_folders() == [tmp_path / "siou-tracking" / "weights"]


def test_another_network_is_told_with_its_verb(folder: Path) -> None:
    with pytest.raises(InputError, match=r"got a MOTNet, allowed are ATOMnet, DiMPnet, ToMPnet.*mot track"):
        load_tracker(folder / "crowd.pth.tar")


FROM_A_CLONE = """
import sys
sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in repr(one)]  # as where it is not installed
import numpy, torch
tracker = torch.hub.load({root!r}, "tracker", {weights!r}, source="local", device="cpu")
image = numpy.zeros((60, 80, 3), numpy.uint8)
tracker.initialize(image, dict(init_bbox=[10, 10, 20, 20]))
assert numpy.isfinite(tracker.track(image)["target_bbox"]).all()
print(type(tracker).__name__, sys.modules["siou_tracking"].__file__)
"""


def load_hub() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hubconf", ROOT / "hubconf.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_clone_answers_torch_hub(tmp_path: Path) -> None:
    hub = load_hub()
    assert all(importlib.util.find_spec(name) for name in hub.dependencies)
    loss = torch.hub.load(str(ROOT), "box_loss", "giou", source="local", box_format="xywh")
    assert type(loss).__name__ == "GIoULoss" and loss.box_format == "xywh"
    weights = write_weights(write(tmp_path / "mine.pth.tar", atom_efficientnet_lite0(**SMALL)))
    code = FROM_A_CLONE.format(root=str(ROOT), weights=str(weights))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:2] == ["ATOM", str(ROOT / "siou_tracking" / "__init__.py")]
