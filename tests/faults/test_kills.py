"""Verbs that are killed at random moments end with the result of a run that nothing happened to, and leave nothing.

Slow, and run by name: `pytest tests/faults/test_kills.py::test_...`; FAULT_KILLS=25 kills each so often.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from siou_tracking.cli.main import main
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.mot.data.motchallenge import make_tracks, write_results
from tests.benchmarks.running.scripted import SCRIPTED, otb
from tests.bridge.fake_checkout import make_fake_checkout
from tests.faults.killing import Killed, run_killed, run_once
from tests.mot.painted_split import write_split

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FAULT_KILLS", "6"))

SETTINGS = """
import time
import torch
from ltr.actors import BaseActor
from ltr.data import LTRLoader
from ltr.trainers import LTRTrainer
from pytracking import TensorDict

class Noise(torch.utils.data.Dataset):
    def __len__(self): return 20
    def __getitem__(self, index): return TensorDict(train_images=torch.randn(2))

class Actor(BaseActor):
    def __call__(self, data):
        time.sleep(0.03)
        loss = (self.net(data["train_images"]) ** 2).mean()
        return loss, {"Loss/total": loss.detach()}

def run(settings):
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    loaders = [
        LTRLoader("train", Noise(), batch_size=2, shuffle=True, num_workers=0),
        LTRLoader("val", Noise(), training=False, batch_size=4, num_workers=0, epoch_interval=2),
    ]
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    LTRTrainer(Actor(net, None), loaders, optimizer, settings, schedule).train(4, load_latest=True)
"""


def plain(value: Any) -> Any:
    """What a checkpoint holds, to compare: bytes differ where text is one object here and two there."""
    if isinstance(value, torch.Tensor):
        return value.dtype, tuple(value.shape), value.detach().numpy().tobytes()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items() if key not in ("env", "settings")}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return plain(vars(value)) if hasattr(value, "__dict__") else value


def found(folder: Path) -> dict[str, Any]:
    """Everything in a folder by its name: checkpoints by content, records without their seconds, the rest by bytes."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or "tensorboard" in name or name == "log.txt":
            continue
        if name.endswith(".pth.tar"):
            files[name] = plain(read_checkpoint(path))
        elif path.name == "stats.jsonl":
            lines = map(json.loads, path.read_text().splitlines())
            files[name] = [{key: one for key, one in line.items() if "seconds" not in key} for line in lines]
        elif not path.name.endswith("_time.txt"):
            files[name] = path.read_bytes()
    return files


def assert_survives(words: list[str], folder: Path, out: str, kills: int = KILLS) -> Killed:
    """All runs are in the same folder, one after the other: its name is in what they write."""

    def take() -> Any:
        result = found(folder / out) if (folder / out).is_dir() else (folder / out).read_bytes()
        (shutil.rmtree if (folder / out).is_dir() else os.remove)(folder / out)
        return result

    here = Path.cwd()
    os.chdir(folder)
    try:
        assert main(words) == 0  # here, so that everything that it imports is there
    finally:
        os.chdir(here)
    clean = take()
    seconds = run_once(words, folder)
    assert take() == clean
    told, rounds = Killed({}, []), 0
    while len(told.codes) < kills and (rounds := rounds + 1) <= kills:
        told.add(run_killed(words, folder, seconds / 3, kills - len(told.codes), rounds))
        assert take() == clean
    assert not [path for path in folder.rglob(".*") if path.name != ".git"]
    print(f"\npassed: {' '.join(words[:2])}: {seconds:.1f} s: {told.kills}, exit codes {told.codes}")
    return told


@pytest.mark.parametrize("workers", [0, 2])
def test_train(tmp_path: Path, workers: int) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/noise.py").write_text(SETTINGS)
    words = ["train", "toy/noise.py", "--workspace", "w", "--device", "cpu", "--workers", str(workers)]
    told = assert_survives(words, tmp_path, "w/checkpoints")
    assert set(told.codes) <= {0, 130, 138, 143, -9, -10, -15}
    assert "fault of ours" not in (tmp_path / "log.txt").read_text()


@pytest.mark.parametrize("workers", [0, 2])
def test_mot_train(tmp_path: Path, workers: int) -> None:
    write_split(tmp_path / "data", sequences=2, persons=3)
    size = ["--samples-per-epoch", "12", "--batch-size", "2", "--epochs", "5", "--no-pretrained", "--dim", "both"]
    words = ["mot", "train", "--data", "data", "--workspace", "w", "--device", "cpu", "--workers", str(workers), *size]
    assert_survives(words, tmp_path, "w/checkpoints")


def test_train_with_a_checkout(tmp_path: Path) -> None:
    from siou_tracking.scenes.got10k import write_got10k

    write_got10k(tmp_path / "data", "train", 2, length=8, size=(96, 72), progress=False)
    make_fake_checkout(tmp_path / "checkout")
    words = ["train", "bbreg", "atom", "--checkout", "checkout", "--data", "got10k=data", "--workspace", "w"]
    assert_survives(
        [*words, "--no-pretrained", "--epochs", "4", "--device", "cpu"], tmp_path, "w/checkpoints", b"settings: "
    )


def test_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_trackers.py").write_text(SCRIPTED)
    monkeypatch.setenv("STARTS", str(tmp_path / "starts"))
    monkeypatch.setenv("SLOW", "0.02")
    otb(tmp_path / "data", {"A": 19, "B": 18, "C": 17, "D": 16, "E": 15})
    words = ["run", "my_trackers:Scripted", "--benchmark", "otb2015", "--data", "data", "--results", "results"]
    assert_survives(words, tmp_path, "results")


def test_score(tmp_path: Path) -> None:
    otb(tmp_path / "data", {"A": 9, "B": 8})
    for name in "AB":
        (tmp_path / "results/mine").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"results/mine/{name}.txt").write_text("5,11,10,10\n" * (9 if name == "A" else 8))
    words = ["score", "--results", "results", "--benchmark", "otb2015", "--data", "data", "--json", "scores.json"]
    assert_survives(words, tmp_path, "scores.json")


def test_pack(tmp_path: Path) -> None:
    split = write_split(tmp_path / "data", sequences=2, persons=3)
    for sequence in split.iterdir():
        tracks = make_tracks([1, 2], [1, 1], [[1, 2, 30, 40], [2, 2, 30, 40]], [1, 1])
        write_results(tmp_path / f"results/{sequence.name}.txt", tracks)
    assert_survives(
        ["mot", "pack", "--results", "results", "--data", "data", "--out", "packed.zip"], tmp_path, "packed.zip"
    )
