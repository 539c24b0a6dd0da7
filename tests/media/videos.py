"""Videos whose frames tell their number, and damage to them."""

from __future__ import annotations

import random
from pathlib import Path

import cv2
import numpy as np

STEP = 4


def write_numbered_video(path: Path, fourcc: str, frames: int = 50, fps: float = 25.0) -> Path:
    """Frame i is gray STEP * i, with a little noise that keeps the packets long enough to be hit."""
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), fps, (64, 48))
    for index in range(frames):
        noise = rng.integers(0, 30, (48, 64, 3)) - 15
        writer.write(np.clip(20 + STEP * index + noise, 0, 255).astype(np.uint8))
    writer.release()
    return path


def number_of(picture: np.ndarray) -> int:
    """Which frame a picture is."""
    return round((float(picture.mean()) - 20) / STEP)


def scramble(path: Path, start: float, end: float) -> Path:
    """Random bytes in place of a share of the file's picture data."""
    content = bytearray(path.read_bytes())
    base = content.find(b"mdat") + 4 if path.suffix == ".mp4" else 0
    size = int.from_bytes(content[base - 8 : base - 4], "big") - 8 if base else len(content)
    draw = random.Random(0)
    for at in range(base + int(start * size), base + int(end * size)):
        content[at] = draw.randrange(256)
    path.write_bytes(content)
    return path
