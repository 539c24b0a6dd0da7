"""`export` and `track --onnx` refuse what they cannot use, before anything is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from siou_tracking.cli.main import VERBS
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from tests.cli.calling import call, check_refused

SMALL = {"iou_input_dim": (4, 4), "iou_inter_dim": (4, 4), "iou_hidden_dim": (4, 4), "backbone_pretrained": False}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint a.pth.tar in the folder that a command runs in."""
    monkeypatch.chdir(tmp_path)
    net = atom_efficientnet_lite0(**SMALL)
    content = {"epoch": 7, "net_type": "ATOMnet", "net": net.state_dict(), "constructor": net.constructor}
    write_checkpoint(tmp_path / "a.pth.tar", content)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("a.pth.tar", ["--format"]),
        ("a.pth.tar --format torchscript", ["unknown format 'torchscript'", "onnx"]),
        ("a.pth.tar --format onnx --out a.zip", ["--out", "a.zip", ".onnx"]),
        ("a.pth.tar --format onnx --out .", ["--out"]),
    ],
)
def test_a_wrong_option_is_one_line(folder: Path, capsys, words: str, told: list[str]) -> None:
    check_refused(capsys, folder, f"export {words}", told)


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_an_absent_package_is_asked_for_by_name(folder: Path, capsys, monkeypatch, package: str) -> None:
    for name in ("onnx", "onnxscript"):
        monkeypatch.setitem(sys.modules, name, torch)  # found, whatever it is
    monkeypatch.setitem(sys.modules, package, None)
    told = [f"'{package}'", "pip install 'siou-tracking[onnx]'"]
    check_refused(capsys, folder, "export a.pth.tar --format onnx", told)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("none.pth.tar --format onnx", ["none.pth.tar: no such file"]),
        (". --format onnx", ["got a folder"]),
        ("text.pth.tar --format onnx", ["text.pth.tar"]),
        ("a.pth.tar --format onnx --tracker atm", ["'atm'", "did you mean 'atom'"]),
        ("a.pth.tar --format onnx --tracker atom:light", ["'light'", "did you mean 'lite'"]),
        ("a.pth.tar --format onnx --tracker dimp:dimp18", ["got an ATOMnet", "DiMPnet"]),
        ("a.pth.tar --format onnx --tracker tomp", ["'tomp'", "atom, dimp"]),
        ("tomp.pth.tar --format onnx", ["got a ToMPnet", "ATOMnet or DiMPnet"]),
    ],
)
def test_weights_that_cannot_be_exported_are_one_line(
    folder: Path, capsys, monkeypatch, words: str, told: list[str]
) -> None:
    for name in ("onnx", "onnxscript"):
        monkeypatch.setitem(sys.modules, name, torch)
    (folder / "text.pth.tar").write_text("hello")
    if "tomp" in words:
        monkeypatch.setattr("siou_tracking.ltr.admin.loading.load_network", lambda path: (ToMPnet(), {}))
        (folder / "tomp.pth.tar").write_text("")
    check_refused(capsys, folder, f"export {words}", told)


class ToMPnet(torch.nn.Module):
    """Another network."""


@pytest.mark.parametrize(
    "words", ["--weights a.pth.tar", "--tracker atom:lite", "--device cpu", "--checkout .", "--pytracking"]
)
def test_a_whole_tracker_stands_alone(folder: Path, capsys, words: str) -> None:
    check_refused(capsys, folder, f"track . --init 1,2,3,4 --onnx a.onnx {words}", ["beside --onnx"])


def test_a_checkpoint_is_no_exported_tracker(folder: Path, capsys) -> None:
    check_refused(capsys, folder, "track . --init 1,2,3,4 --onnx a.pth.tar", ["a.pth.tar: got no ONNX model"])


def test_help_has_an_example(capsys) -> None:
    with pytest.raises(SystemExit):
        call(capsys, "export --help")
    out = " ".join(capsys.readouterr().out.split())
    assert f"example: {VERBS['export'].example}" in out and "--tracker NAME[:PARAM]" in out
