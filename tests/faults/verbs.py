"""Verbs that write, each small enough to be broken many times, and what their results are compared by."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from siou_tracking.benchmarks.files.writers import write_result
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.mot.data.motchallenge import make_tracks, write_results
from siou_tracking.scenes.got10k import write_got10k
from tests.benchmarks.dialects import DIALECTS
from tests.benchmarks.running.scripted import SCRIPTED, otb
from tests.bridge.fake_checkout import make_fake_checkout
from tests.mot.painted_split import write_split

SETTINGS = """
import time
import numpy as np
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


def train(folder: Path) -> tuple[list[str], str]:
    (folder / "toy").mkdir()
    (folder / "toy/noise.py").write_text(SETTINGS)
    return ["train", "toy/noise.py", "--workspace", "w", "--device", "cpu"], "w/checkpoints"


def mot_train(folder: Path) -> tuple[list[str], str]:
    write_split(folder / "data", sequences=2, persons=3)
    size = ["--samples-per-epoch", "12", "--batch-size", "2", "--epochs", "5", "--no-pretrained", "--dim", "both"]
    return ["mot", "train", "--data", "data", "--workspace", "w", "--device", "cpu", *size], "w/checkpoints"


def train_with_a_checkout(folder: Path) -> tuple[list[str], str]:
    write_got10k(folder / "data", "train", 2, length=8, size=(96, 72), progress=False)
    make_fake_checkout(folder / "checkout")
    words = ["train", "bbreg", "atom", "--checkout", "checkout", "--data", "got10k=data", "--workspace", "w"]
    return [*words, "--no-pretrained", "--epochs", "4", "--device", "cpu"], "w/checkpoints"


def run(folder: Path) -> tuple[list[str], str]:
    (folder / "my_trackers.py").write_text(SCRIPTED)
    otb(folder / "data", {"A": 19, "B": 18, "C": 17, "D": 16, "E": 15})
    words = ["run", "my_trackers:Scripted", "--benchmark", "otb2015", "--data", "data", "--results", "results"]
    return words, "results"


def score(folder: Path) -> tuple[list[str], str]:
    otb(folder / "data", {"A": 9, "B": 8})
    for name in "AB":
        (folder / "files/mine").mkdir(parents=True, exist_ok=True)
        (folder / f"files/mine/{name}.txt").write_text("5,11,10,10\n" * (9 if name == "A" else 8))
    words = ["score", "--results", "files", "--benchmark", "otb2015", "--data", "data", "--json", "out/scores.json"]
    return words, "out"


def pack(folder: Path) -> tuple[list[str], str]:
    boxes = np.array([[10.0, 20, 30, 40], [11, 21, 30, 40]])
    for number in range(1, 181):
        name = f"GOT-10k_Test_{number:06d}"
        write_result(folder / "mine", name, boxes, DIALECTS["got10k"], np.full(2, 0.02))
    return ["pack", "--benchmark", "got10k", "--results", "mine", "--out", "out/packed.zip"], "out"


def mot_pack(folder: Path) -> tuple[list[str], str]:
    split = write_split(folder / "data", sequences=2, persons=3)
    for sequence in split.iterdir():
        tracks = make_tracks([1, 2], [1, 1], [[1, 2, 30, 40], [2, 2, 30, 40]], [1, 1])
        write_results(folder / f"files/{sequence.name}.txt", tracks)
    return ["mot", "pack", "--results", "files", "--data", "data", "--out", "out/packed.zip"], "out"


VERBS: dict[str, Callable[[Path], tuple[list[str], str]]] = {
    "train": train,
    "mot train": mot_train,
    "train with a checkout": train_with_a_checkout,
    "run": run,
    "score": score,
    "pack": pack,
    "mot pack": mot_pack,
}
"""Verb -> what sets it up in an empty folder and gives its words and the folder there that it writes into."""


def plain(value: Any) -> Any:
    """What a checkpoint holds, to compare: bytes differ where text is one object here and two there."""
    if isinstance(value, torch.Tensor):
        return value.dtype, tuple(value.shape), value.detach().numpy().tobytes()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items() if key not in ("env", "settings")}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return plain(vars(value)) if hasattr(value, "__dict__") else value


def take(folder: Path) -> dict[str, Any]:
    """Everything in a folder by its name, which is then removed.

    Checkpoints by content, records without their seconds, the rest by bytes.
    """
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or "tensorboard" in name:
            continue
        if name.endswith(".pth.tar"):
            files[name] = plain(read_checkpoint(path))
        elif path.name == "stats.jsonl":
            lines = map(json.loads, path.read_text().splitlines())
            files[name] = [{key: one for key, one in line.items() if "seconds" not in key} for line in lines]
        elif not path.name.endswith("_time.txt"):
            files[name] = path.read_bytes()
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    return files
