"""A small GOT-10k folder whose frames carry their number as a gray value."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

FRAMES = 30


def write_sequence(folder: Path, hidden: set[int] = frozenset(), frames: int = FRAMES) -> None:
    """A target of 12 x 8 pixels that moves a pixel per frame; `hidden` frames are marked absent."""
    folder.mkdir(parents=True)
    for index in range(frames):
        image = np.full((48, 64, 3), index * 6, np.uint8)
        image[10:18, 5 + index : 17 + index] = 255
        cv2.imwrite(str(folder / f"{index + 1:08d}.jpg"), image)
    (folder / "groundtruth.txt").write_text("\n".join(f"{5 + i},10,12,8" for i in range(frames)))
    (folder / "absence.label").write_text("\n".join(str(int(i in hidden)) for i in range(frames)))
    (folder / "cover.label").write_text("\n".join("8" * frames))


@pytest.fixture
def got10k_root(tmp_path: Path) -> Path:
    names = [f"GOT-10k_Train_{i:06d}" for i in range(1, 4)]
    for name in names:
        write_sequence(tmp_path / name, hidden={0, 7, 29})
    (tmp_path / "list.txt").write_text("\n".join(names))
    return tmp_path
