"""What the verbs are called with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="module")
def picture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    rng = np.random.default_rng(0)
    for number in range(3):
        cv2.imwrite(str(folder / f"{number:04d}.jpg"), rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two OTB sequences of four frames in `otb`, two trackers' results in `found`; the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("One", "Two"):
        (tmp_path / "otb" / name / "img").mkdir(parents=True)
        for frame in range(1, 5):
            cv2.imwrite(str(tmp_path / f"otb/{name}/img/{frame:04d}.png"), np.full((50, 60, 3), 80, np.uint8))
        (tmp_path / f"otb/{name}/groundtruth_rect.txt").write_text("11,11,20,20\n" * 4)
        for tracker, box in (("exact", "11,11,20,20"), ("half", "11,11,20,10")):
            (tmp_path / f"found/{tracker}").mkdir(parents=True, exist_ok=True)
            (tmp_path / f"found/{tracker}/{name}.txt").write_text("11,11,20,20\n" + f"{box}\n" * 3)
    return tmp_path
