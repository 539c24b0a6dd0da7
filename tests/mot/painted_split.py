"""A MOTChallenge split with pictures, small enough to be made for one test: colored upright boxes over noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WIDTH, HEIGHT, FRAMES = 96, 64, 6
COLORS = [(230, 40, 40), (40, 200, 60), (60, 80, 240), (240, 220, 40), (220, 60, 220), (50, 220, 220)]
INFO = "[Sequence]\nname={}\nimDir=img1\nframeRate=10\nseqLength={}\nimWidth={}\nimHeight={}\nimExt=.png\n"


def write_split(root: Path, sequences: int = 2, persons: int = 3, frames: int = FRAMES, seed: int = 3) -> Path:
    """Sequences PAINT-01, ... with persons that walk, each of its own color, and one that is not considered.

    Identities in the files are 11, 12, ... in every sequence, though they are different persons.
    """
    import cv2

    rng = np.random.default_rng(seed)
    for number in range(sequences):
        folder = root / f"PAINT-{number + 1:02d}"
        (folder / "gt").mkdir(parents=True)
        (folder / "img1").mkdir()
        (folder / "seqinfo.ini").write_text(INFO.format(folder.name, frames, WIDTH, HEIGHT))
        left = rng.uniform(0, WIDTH - 14, persons)
        step = rng.uniform(-3, 3, persons)
        top, high = rng.uniform(4, HEIGHT - 34, persons), rng.uniform(18, 30, persons)
        lines = []
        for frame in range(1, frames + 1):
            image = rng.integers(60, 110, (HEIGHT, WIDTH, 3), dtype=np.uint8)
            for person in range(persons):
                x, y = int(left[person] + step[person] * frame), int(top[person])
                w, h = 12, int(high[person])
                image[max(0, y) : y + h, max(0, x) : max(0, x + w)] = COLORS[(number * persons + person) % len(COLORS)]
                lines.append(f"{frame},{11 + person},{x + 1},{y + 1},{w},{h},1,1,1\n")
            lines.append(f"{frame},90,5,5,10,20,0,1,1\n{frame},91,40,5,10,20,1,8,0.5\n")
            cv2.imwrite(str(folder / "img1" / f"{frame:06d}.png"), image[..., ::-1])
        (folder / "gt" / "gt.txt").write_text("".join(lines))
    return root
