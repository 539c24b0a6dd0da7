"""Trackers that do as they are told, and small benchmarks for them to run on."""

from __future__ import annotations

import textwrap
from pathlib import Path

import cv2
import numpy as np
import pytest

SCRIPTED = textwrap.dedent(
    """
    import os, random, time
    import numpy as np
    import torch

    class Scripted:
        '''Moves one pixel a frame; writes down when it starts; its marks in the image say how to fail.'''
        def __init__(self, seed=0, weights=None):
            self.noise = np.random.default_rng(seed)
        def initialize(self, image, info):
            self.box = list(info["init_bbox"])
            with open(os.environ["STARTS"], "a") as log:
                log.write(f"{int(image[0, 0, 0])} {self.box[0]:g}\\n")
        def track(self, image):
            time.sleep(float(os.environ.get("SLOW", 0)))
            mark = int(image[0, 0, 1])
            if mark == 200:
                raise RuntimeError("lost its mind\\nin two lines")
            if mark == 150:
                os._exit(7)
            self.box[0] += 1 + 0.001 * self.noise.random()
            return {"target_bbox": [float("nan")] * 4 if mark == 100 else self.box}

    class Leaking(Scripted):
        '''Draws from every global generator and remembers what it did before.'''
        seen = 0
        def track(self, image):
            Leaking.seen += 1
            draw = random.random() + np.random.rand() + float(torch.rand(()))
            return {"target_bbox": [draw, 2.0, 10.0, 10.0]}

    class InitUpdate:
        def init(self, image, box):
            self.box = box
        def update(self, image):
            assert image.mode == "RGB"
            return self.box + 1

    """
)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with scripted trackers in it; their starts are written to `starts`."""
    (tmp_path / "my_trackers.py").write_text(SCRIPTED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("STARTS", str(tmp_path / "starts"))
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write_images(folder: Path, count: int, sequence: int, marks: dict[int, int] | None = None, first: int = 1) -> None:
    folder.mkdir(parents=True)
    for frame in range(count):
        image = np.full((40, 60, 3), 90, np.uint8)
        image[0, 0] = (0, (marks or {}).get(frame, 0), sequence)  # BGR on disk
        cv2.imwrite(str(folder / f"{frame + first:04d}.png"), image)


def otb(root: Path, lengths: dict[str, int], marks: dict[str, dict[int, int]] | None = None) -> Path:
    for number, (name, length) in enumerate(lengths.items(), 1):
        write_images(root / name / "img", length, number, (marks or {}).get(name))
        truth = "".join(f"{5 + frame},11,10,10\n" for frame in range(length))
        (root / name / "groundtruth_rect.txt").write_text(truth)
    return root


def boxes_of(folder: Path) -> dict[str, bytes]:
    """Result files without their times, by path; a hidden one is half written, and may be gone when it is read."""
    files = (file for file in folder.rglob("*.txt") if not file.name.startswith(".") and file.stem[-5:] != "_time")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}
