"""Memory does not grow with the length of what is tracked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.trackers.adapters.static import StaticTracker
from siou_tracking.trackers.track_file import track_file
from tests.media.videos import write_numbered_video

FRAMES = 10_000
SETTLED = 1_000
"""Frames after which caches, codecs and the plot have their size."""
MOST_GROWTH = 4.0
"""MB; every frame kept as a picture of 64 x 48 alone would be 83, every row as an object 4."""


class Weighed(StaticTracker):
    """Notes the process's memory as it goes, and tells scores that vary."""

    def __init__(self) -> None:
        super().__init__()
        self.megabytes: list[float] = []

    def track(self, image: np.ndarray, info: object = None) -> dict[str, object]:
        self.megabytes.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)
        number = len(self.megabytes)
        flag = "not_found" if number % 50 < 5 else "normal"
        return {**super().track(image), "score": 0.5 + 0.4 * np.sin(number / 30), "flag": flag}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_ten_thousand_frames_take_the_memory_of_a_thousand(tmp_path: Path) -> None:
    video = write_numbered_video(tmp_path / "long.mp4", "mp4v", frames=FRAMES)
    one, other = Weighed(), Weighed()
    outputs = {"save": tmp_path / "o.webm", "boxes_out": tmp_path / "o.json", "strip": tmp_path / "o.png"}
    track_file(video, [10, 10, 20, 20], {"one": one, "other": other}, quiet=True, **outputs)
    found = json.loads((tmp_path / "o_one.json").read_text())
    assert len(found["frames"]) == FRAMES and found["complete"]
    growth = max(one.megabytes[SETTLED:]) - one.megabytes[SETTLED]
    print(f"{one.megabytes[SETTLED]:.0f} MB after {SETTLED} frames, {growth:+.1f} MB until {FRAMES}")
    assert growth < MOST_GROWTH
