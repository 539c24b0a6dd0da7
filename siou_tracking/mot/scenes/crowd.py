"""Generated crowds in MOTChallenge's layout: sequences with identities to train and score multi-object trackers on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.files import write_text
from siou_tracking.mot.scenes.cast import DISTRACTOR, FRAME_RATE, PEDESTRIAN
from siou_tracking.mot.scenes.scene import Crowd, Crowdedness, CrowdFrame
from siou_tracking.parallel import run_jobs
from siou_tracking.scenes.store import new_folder, write_jpeg

SPLITS = ("train", "val", "test")
_FROM_ONE = np.array([1, 1, 0, 0])


def write_motchallenge(
    root: str | os.PathLike[str],
    split: str,
    *,
    sequences: int,
    frames: int,
    width: int = 256,
    height: int = 160,
    seed: int = 0,
    crowdedness: Crowdedness | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> Path:
    """Write generated sequences as `root/split/` in the layout of MOT16 and MOT17.

    Per sequence `crowd-<split>-%03d/{seqinfo.ini, gt/gt.txt, det/det.txt, img1/%06d.jpg}`. gt.txt has the nine columns
    frame, id, left, top, width, height, consider flag, class, visibility; frames, identities and pixels count from 1.
    A box is that of the whole person, also where hidden or outside the image; visibility is the share of the person's
    pixels that can be seen. Walking people have class 1 and flag 1; persons who never move (class 7) and things of
    their size (class 8) have flag 0. det.txt holds imperfect detections: misses, false ones, shifted boxes. The split
    "test" has no gt.txt, as in the benchmark. Persons of "train" and of the other splits are made from different
    photographs, and no two sequences, splits or seeds share one.

    Args:
        root: folder that gets the split; `root/split` must be new or empty.
        split: "train", "val" or "test".
        sequences, frames: how many, at least 1, and of how many frames each, at least 2.
        width, height: of the frames, 64..2000 pixels.
        seed: 0 or larger; equal seeds give equal bytes with any number of workers.
        crowdedness: see `Crowdedness`.
        workers: processes; None for one a core. Other than 1 needs the usual `if __name__ == "__main__":` guard.
        progress: show a progress bar.

    Returns:
        `root/split`.

    Raises:
        InputError: for an argument outside its range, or when `root/split` holds something.
    """
    if split not in SPLITS:
        raise unknown_name("crowd split", split, SPLITS)
    numbers = {"sequences": (sequences, 1), "frames": (frames, 2), "seed": (seed, 0), "workers": (workers or 1, 1)}
    for what, (value, least) in numbers.items():
        if not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"crowd generation: {what}: got {value!r}, allowed: integers from {least}")
    if not all(64 <= side <= 2000 for side in (width, height)):
        raise InputError(f"crowd generation: frame size: got {width}x{height}, allowed: 64..2000 pixels a side")
    names = [f"crowd-{split}-{index + 1:03d}" for index in range(sequences)]
    with new_folder(Path(root) / split, "crowd folder") as folder:
        jobs = [
            (folder / name, [seed, SPLITS.index(split), index], frames, (width, height), split, crowdedness)
            for index, name in enumerate(names)
        ]
        done = run_jobs(write_sequence, jobs, workers=1 if len(jobs) == 1 else workers)
        label = f"drawing {split} crowds"
        for _ in tqdm(done, total=len(jobs), desc=label, disable=None if progress else True, unit="seq"):
            pass
    return Path(root) / split


def write_sequence(
    place: Path, stream: list[int], frames: int, size: tuple[int, int], split: str, crowdedness: Crowdedness | None
) -> None:
    """Draw one sequence into the new folder `place`, from its own stream of random numbers."""
    scene, noise = np.random.SeedSequence(stream).spawn(2)
    crowd = Crowd(scene, frames, size, "train" if split == "train" else "heldout", crowdedness)
    (place / "img1").mkdir(parents=True)
    truth, detections = [], []
    rng = np.random.default_rng(noise)
    for index, frame in enumerate(crowd, start=1):
        write_jpeg(place / "img1" / f"{index:06d}.jpg", frame.image, crowd.quality)
        truth += truth_lines(index, frame)
        detections += [f"{index},-1,{_numbers(box)},{score:.4f},-1,-1,-1" for box, score in detect(rng, frame, size)]
    if split != "test":
        write_text(place / "gt" / "gt.txt", "".join(f"{line}\n" for line in truth))
    write_text(place / "det" / "det.txt", "".join(f"{line}\n" for line in detections))
    entries = {
        "name": place.name,
        "imDir": "img1",
        "frameRate": FRAME_RATE,
        "seqLength": frames,
        "imWidth": size[0],
        "imHeight": size[1],
        "imExt": ".jpg",
    }
    write_text(place / "seqinfo.ini", "[Sequence]\n" + "".join(f"{key}={value}\n" for key, value in entries.items()))


def truth_lines(number: int, frame: CrowdFrame) -> list[str]:
    """The rows of gt.txt for frame `number`, counted from 1."""
    columns = zip(frame.identity, frame.boxes, frame.category, frame.visibility, strict=True)
    return [
        f"{number},{who + 1},{_numbers(box)},{int(category == PEDESTRIAN)},{category},{seen:.5f}"
        for who, box, category, seen in columns
    ]


def detect(rng: np.random.Generator, frame: CrowdFrame, size: tuple[int, int]) -> list[tuple[np.ndarray, float]]:
    """What a mediocre detector of persons finds: (x, y, w, h in 0-based pixels, score 0..1) in no given order.

    The more of a person is hidden, the likelier the miss, the lower the score and the less exact the box. Things taken
    for persons are found half as often; besides, there are boxes around nothing.
    """
    found = []
    for box, category, seen in zip(frame.boxes, frame.category, frame.visibility, strict=True):
        chance = 0.96 / (1 + np.exp(-(seen - 0.35) / 0.08)) * (0.5 if category == DISTRACTOR else 1.0)
        loose = 0.025 + 0.06 * (1 - seen)
        shift, grow = rng.normal(0, loose, 2) * box[2:], np.exp(rng.normal(0, loose, 2))
        score = float(np.clip(0.35 + 0.55 * seen + rng.normal(0, 0.08), 0.05, 0.99))
        if rng.random() < chance:
            wide = box[2:] * grow
            found.append((np.append(box[:2] + box[2:] / 2 + shift - wide / 2, wide), score))
    for _ in range(rng.poisson(0.4)):
        tall = rng.uniform(0.2, 0.5) * size[1]
        sides = np.array([tall * rng.uniform(0.3, 0.5), tall])
        corner = rng.uniform(-0.1, 0.9, 2) * size
        found.append((np.append(corner, sides), float(rng.uniform(0.1, 0.6))))
    return found


def _numbers(box: np.ndarray) -> str:
    """A box as the files have it: left and top count from 1."""
    return ",".join(f"{value:.3f}" for value in box + _FROM_ONE)
