"""A small benchmark with images, three trackers' results on it, and their scores."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
from siou_tracking.files import write_json

FRAMES, WIDTH, HEIGHT = 24, 320, 240
NAMES = ("Alley", "Bridge", "Court", "Dock")


def draw_ground(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """(height, width, 3) uint8: blurred noise of several sizes, about as hard to encode as a photograph."""
    rng = np.random.default_rng(seed)
    ground = np.zeros((height, width, 1)) + rng.integers(-30, 30, 3)
    for size in (4, 8, 16, 32, 64, 128):
        noise = rng.normal(0, 22, (max(height * size // 256, 2), max(width * size // 256, 2)))
        ground += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    return (120 + ground).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="package")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`data` in OTB's layout, trackers near, late and lost in `results`, and their scores in scores.json.

    near is never far off, late stays behind on the last sequences, lost keeps the first box.
    """
    root = tmp_path_factory.mktemp("bench")
    for place, name in enumerate(NAMES):
        images = root / "data" / name / "img"
        images.mkdir(parents=True)
        ground, truth = draw_ground(place), np.empty((FRAMES, 4))
        patch = draw_ground(50 + place, 40, 50)[..., ::-1] // 2 + 60
        for frame in range(FRAMES):
            x, y = 20 + 9 * frame, 60 + round(40 * np.sin(frame / 5 + place))
            picture = ground.copy()
            picture[y : y + 50, x : x + 40] = patch
            cv2.imwrite(str(images / f"{frame + 1:04d}.jpg"), picture)
            truth[frame] = x + 1, y + 1, 40, 50
        np.savetxt(root / "data" / name / "groundtruth_rect.txt", truth, "%d", ",")
        drift = np.arange(FRAMES)[:, None] * np.array([1, 0, 0, 0])
        boxes = {
            "near": truth + np.array([3, 2, 2, -2]),
            "late": truth - drift * 3 * place,
            "lost": np.repeat(truth[:1], FRAMES, 0),
        }
        for tracker, rows in boxes.items():
            (root / "results" / tracker).mkdir(parents=True, exist_ok=True)
            rows[0] = truth[0]
            np.savetxt(root / "results" / tracker / f"{name}.txt", rows, "%.2f", ",")
    board = make_scoreboard("otb2015", root / "data", [root / "results"])
    write_json(root / "scores.json", board.to_json())
    return root
