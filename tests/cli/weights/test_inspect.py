"""`inspect` tells what a file holds, and runs nothing that is in it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch

from siou_tracking.ltr.admin.model_constructor import NetConstructor
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.admin.tensor_file.tensors import write_tensors
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from tests.cli.calling import call, check_refused

STATE = {"layer.weight": torch.ones(2, 3), "layer.steps": torch.tensor(5), "NaN": torch.tensor([float("nan")])}


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    settings.batch_size, settings.project_path, settings.rate = 64, "ltr/bbreg/atom", float("inf")
    content = {
        "epoch": 50,
        "actor_type": "AtomActor",
        "net_type": "ATOMnet",
        "net": STATE,
        "constructor": NetConstructor("atom_resnet18", "ltr.models.bbreg.atom", (), {"backbone_pretrained": True}),
        "optimizer": {"state": {}},
        "settings": settings,
        "box_loss": {"name": "smooth_iou", "role": "score", "params": {"sharpness": 4.0}, "weight": 2.0},
    }
    path = tmp_path / "a.pth.tar"
    write_checkpoint(path, content)
    return path


def test_network_training_and_tensors_are_told(checkpoint: Path, capsys) -> None:
    code, out, _ = call(capsys, "inspect a.pth.tar --json a.json")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    for line in (
        "network ATOMnet",
        "built by ltr.models.bbreg.atom.atom_resnet18(backbone_pretrained=True)",
        "epoch 50",
        "actor AtomActor",
        "box loss smooth_iou (sharpness 4.0, weight 2.0)",
        "also there optimizer",
        "tensors 3, 8 numbers, 36 bytes",
        "not finite 1 tensors hold NaN or infinity: NaN",
        "batch_size = 64",
        "layer.weight 2x3 float32 24",
        "layer.steps - int64 8",
    ):
        assert line in lines
    assert not any(line.startswith("env") for line in lines)
    stored = json.loads((checkpoint.parent / "a.json").read_text())
    assert (stored["epoch"], stored["numbers"], stored["tensor_bytes"]) == (50, 8, 36)
    assert stored["settings"] == {"use_gpu": True, "batch_size": 64, "project_path": "ltr/bbreg/atom", "rate": "inf"}
    assert stored["tensors"][0] == {
        "name": "layer.weight", "shape": [2, 3], "dtype": "float32", "bytes": 24, "finite": True,
    }  # fmt: skip


def test_a_safetensors_file_of_another_tool_is_told_as_far_as_it_goes(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    write_tensors(tmp_path / "a.safetensors", {"a\x1b[2J": torch.ones(2)}, {"format": "pt"})
    code, out, _ = call(capsys, "inspect a.safetensors")
    assert code == 0
    assert "network     not said" in out and "box loss    not said" in out and "a\\x1b[2J" in out and "\x1b" not in out


class Harmful:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_a_file_that_would_run_code_runs_none(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"net": STATE, "settings": Harmful()}, tmp_path / "a.pth.tar")
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Harmful()))
    for name in ("a.pth.tar", "b.pth"):
        check_refused(capsys, tmp_path, f"inspect {name} --json a.json", [name])


def test_wrong_files_are_one_line(checkpoint: Path, capsys) -> None:
    folder = checkpoint.parent
    whole = checkpoint.read_bytes()
    (folder / "cut.pth.tar").write_bytes(whole[: len(whole) // 2])
    (folder / "text.safetensors").write_text("no weights at all")
    (folder / "plain.pth").touch()
    torch.save(STATE, folder / "state.pth")
    for text, words in {
        "inspect nowhere.pth.tar": ["nowhere.pth.tar", "no such file"],
        "inspect .": ["got a folder, expected a file"],
        "inspect cut.pth.tar": ["cut.pth.tar", "cut short"],
        "inspect text.safetensors": ["text.safetensors", "no safetensors file"],
        "inspect plain.pth": ["plain.pth", "not a checkpoint"],
        "inspect state.pth": ["state.pth", "expected 'net'"],
        "inspect a.pth.tar --json a.pth.tar": ["--json", "is the input"],
        "inspect a.pth.tar --json .": ["--json", "got a folder"],
    }.items():
        check_refused(capsys, folder, text, words)


def test_an_infinite_depth_is_cut(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    endless: list[object] = []
    endless.append(endless)
    settings = Settings()
    settings.endless = endless
    write_checkpoint(tmp_path / "a.pth.tar", {"net": {}, "settings": settings})
    code, out, _ = call(capsys, "inspect a.pth.tar")
    assert code == 0 and "endless = [[[[[[[['<list>']]]]]]]]" in out
