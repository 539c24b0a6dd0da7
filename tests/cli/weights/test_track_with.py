"""`track` and `run` take the file that a training leaves beside its checkpoint, and read each file once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks.running.record import find_checkpoint_file
from siou_tracking.ltr.admin.checkpoint_files import checkpoint_path
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.tensor_file.beside import write_weights
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers import build_tracker, load_tracker
from siou_tracking.trackers.atom.factory import load_atom_network
from tests.cli.calling import call
from tests.cli.weights.opens import count_opens

SMALL = {"iou_input_dim": (16, 16), "iou_inter_dim": (16, 16), "backbone_pretrained": False}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    net = atom_efficientnet_lite0(**SMALL)
    path = checkpoint_path(tmp_path_factory.mktemp("run"), "ATOMnet", 1)
    write_checkpoint(path, {"net": net.state_dict(), "net_type": "ATOMnet", "constructor": net.constructor})
    return path


@pytest.fixture(scope="module")
def weights(checkpoint: Path) -> Path:
    written = write_weights(checkpoint)
    assert written is not None
    return written


def test_the_boxes_are_those_of_the_checkpoint(checkpoint, weights, here, capsys, picture_folder) -> None:
    boxes = []
    for number, file in enumerate((checkpoint, weights)):
        words = ("--init", "10,12,20,24", "--device", "cpu", "--weights", file, "--boxes", here / "boxes.txt")
        assert call(capsys, "track", picture_folder, *words)[0] == 0
        run = f"run atom --benchmark otb2015 --data otb --results out{number} --workers 1 --device cpu --weights {file}"
        code, _, err = call(capsys, run)
        assert code == 0, err
        texts = [path.read_text() for path in sorted((here / f"out{number}/atom").glob("???.txt"))]
        boxes.append([(here / "boxes.txt").read_text(), *texts])
    assert boxes[0] == boxes[1] and len(boxes[0]) == 3 and np.loadtxt(here / "boxes.txt", delimiter=",").shape == (3, 4)


def test_a_name_means_the_same_file_everywhere(weights, here, capsys, monkeypatch, picture_folder) -> None:
    monkeypatch.setenv("SIOU_WEIGHTS", str(weights.parent))
    box = ("--init", "10,12,20,24", "--device", "cpu", "--boxes", here / "boxes.txt", "--weights")
    assert call(capsys, "track", picture_folder, "--tracker", "atom:lite", *box, weights.stem)[0] == 0
    options = "--benchmark otb2015 --data otb --results out --workers 1 --device cpu --weights"
    code, _, err = call(capsys, f"run atom {options} {weights.stem}")
    assert code == 0, err
    assert json.loads((here / "out/atom/run.json").read_text())["weights"] == weights.name
    code, _, err = call(capsys, f"run atom {options} ATOMnet_ep001")
    assert code == 2 and "weights: ATOMnet_ep001: not found" in err and "did you mean 'ATOMnet_ep0001'?" in err
    assert find_checkpoint_file(weights.stem) == weights


@pytest.mark.parametrize("suffix", [".pth.tar", ".safetensors"])
@pytest.mark.parametrize(
    "load",
    [
        lambda file: load_tracker(file, "cpu"),
        lambda file: load_tracker(file.parent, "cpu"),
        lambda file: build_tracker("atom", weights=file, device="cpu"),
        load_atom_network,
    ],
    ids=["load_tracker", "load_tracker, a folder", "build_tracker", "load_atom_network"],
)
def test_a_file_is_read_once(
    load: Callable[[Path], object], suffix: str, checkpoint: Path, weights: Path, tmp_path: Path
) -> None:
    file = tmp_path / f"ATOMnet_ep0001{suffix}"
    file.write_bytes((weights if suffix == ".safetensors" else checkpoint).read_bytes())
    once = count_opens(file, lambda: read_checkpoint(file))
    assert once > 0
    assert count_opens(file, lambda: load(file)) == once


def test_track_without_a_tracker_s_name_reads_it_once(checkpoint: Path, picture_folder: Path, capsys) -> None:
    words = ("--init", "10,12,20,24", "--device", "cpu", "--weights", checkpoint)
    once = count_opens(checkpoint, lambda: read_checkpoint(checkpoint))
    assert count_opens(checkpoint, lambda: call(capsys, "track", picture_folder, *words)) == once
