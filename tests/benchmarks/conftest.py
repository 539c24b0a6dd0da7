"""Small benchmarks on disk, made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


class Builder:
    """Writes data and results below one temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def rows(boxes: np.ndarray, separator: str = ",") -> str:
        return "".join(separator.join(f"{value:g}" for value in box) + "\n" for box in np.asarray(boxes))

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
        return file

    def result(self, sequence: str, boxes: np.ndarray, tracker: str = "tracker", separator: str = ",") -> Path:
        self.write(f"{tracker}/{sequence}.txt", self.rows(boxes, separator))
        return self.root / tracker

    def got10k(self, name: str, boxes: np.ndarray, cover: list[int], size: tuple[int, int] = (100, 100)) -> Path:
        self.write(f"data/val/{name}/groundtruth.txt", self.rows(boxes))
        self.write(f"data/val/{name}/cover.label", "".join(f"{value}\n" for value in cover))
        self.write(f"data/val/{name}/meta_info.ini", f"[METAINFO]\nurl: -\nresolution: ({size[0]}, {size[1]})\n")
        return self.root / "data"


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    return Builder(tmp_path)
