"""A data set in GOT-10k's layout, small enough to be made for one test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siou_tracking.ltr.dataset as datasets
from siou_tracking.ltr.models.bbreg import atom as atom_models

FRAMES, WIDTH, HEIGHT, SIDE = 22, 64, 48, 14


def write_sequence(folder: Path, rng: np.random.Generator) -> None:
    """A bright square that walks over noise."""
    import cv2

    folder.mkdir(parents=True)
    boxes = []
    x, y = rng.uniform(4, 20, 2)
    for number in range(1, FRAMES + 1):
        image = rng.integers(0, 90, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        x, y = np.clip([x + 1, y + rng.normal()], 0, [WIDTH - SIDE, HEIGHT - SIDE])
        image[int(y) : int(y) + SIDE, int(x) : int(x) + SIDE] = (40, 160, 250)
        cv2.imwrite(str(folder / f"{number:08d}.jpg"), image)
        boxes.append([int(x), int(y), SIDE, SIDE])
    np.savetxt(folder / "groundtruth.txt", boxes, fmt="%.4f", delimiter=",")
    np.savetxt(folder / "absence.label", np.zeros(FRAMES), fmt="%d")
    np.savetxt(folder / "cover.label", np.full(FRAMES, 8), fmt="%d")


@pytest.fixture(scope="session")
def got10k_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with `train/` of three sequences and `val/` of one."""
    root = tmp_path_factory.mktemp("got10k")
    rng = np.random.default_rng(3)
    for split, count in (("train", 3), ("val", 1)):
        names = [f"GOT-10k_{split.capitalize()}_{number:06d}" for number in range(1, count + 1)]
        for name in names:
            write_sequence(root / split / name, rng)
        (root / split / "list.txt").write_text("".join(f"{name}\n" for name in names))
    return root


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch, got10k_root: Path) -> dict:
    """The four data sets replaced by the small one, with a record of how each was asked for; no ImageNet weights."""
    asked = {}
    real = datasets.Got10k

    def replaced(name: str):
        def make(*args, **kwargs):
            asked.setdefault(name, []).append(kwargs)
            return real(str(got10k_root / "train"))

        return make

    for name in ("Got10k", "Lasot", "TrackingNet", "MSCOCOSeq"):
        monkeypatch.setattr(datasets, name, replaced(name))
    build = atom_models.atom_resnet18
    monkeypatch.setattr(atom_models, "atom_resnet18", lambda backbone_pretrained: build(backbone_pretrained=False))
    asked["data"] = {"lasot": got10k_root, "got10k": got10k_root, "trackingnet": got10k_root, "coco": got10k_root}
    return asked
