"""`siou-tracking data example`: small generated sequences in every official layout, for a first run of any command."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.mot.scenes.crowd import write_motchallenge
from siou_tracking.scenes import layouts
from siou_tracking.scenes.got10k import write_got10k
from siou_tracking.scenes.store import new_folder
from siou_tracking.scenes.world import Difficulty, RenderedSequence

LAYOUTS = ("lasot", "got10k", "trackingnet", "coco", "otb2015", "vot2018", "mot")
_SIZE = (240, 180)
_LENGTH = 30
_COCO_PICTURES = 24

# Real names, because loaders look sequences up by name: airplane-1 and car-2 are in LaSOT's test set.
_LASOT = {"airplane-1": "heldout", "airplane-2": "train", "car-2": "heldout", "car-3": "train", "person-2": "train"}
# TrackingNet's class list must know a training video's name; the default is to read all twelve parts.
_TRACKINGNET_TRAIN = (
    "Nf1aqv5Fg5o_0", "AAB6lO-XiKE_0", "AARldOxX9Qc_0", "AA19zjGEPvg_1", "AA28Bcp5cJ4_0", "ABZMoeeFyek_0",
    "ABny-jw1_S0_0", "ABrhnT3LRWs_2", "ABxlnMGfo5c_0", "AB2MjrpRiEQ_0", "AB-q-hxh9XQ_4", "ACS5TtaAdG8_0",
)  # fmt: skip
_TRACKINGNET_TEST = ("0-6LB4FqxoE_0", "0-6LB4FqxoE_1")
_OTB = {"Basketball": 1, "Crossing": 1, "Jogging": 2}
_VOT = ("ants1", "bag")
_README = """\
Generated pictures, not the benchmarks'.

Each folder holds a few short sequences that siou-tracking drew from photographs, in the official folder layout of one
benchmark: lasot, got10k, trackingnet, coco, otb2015, vot2018, mot (that of MOT17). Sequences, but for mot's, carry
names that exist in the benchmark, so that loaders which look names up accept them; neither the pictures nor the boxes
have anything to do with the original ones, and a score on them means nothing outside this folder. Pixels are counted
as the benchmark counts them: from 1 in lasot, otb2015 and mot, from 0 in the others.

Try, with DIR the folder that this file is in:
    siou-tracking run static --benchmark otb2015 --data DIR/otb2015 --results results
    siou-tracking train bbreg atom --data all=DIR
    siou-tracking mot train --data DIR/mot/train
"""


def write_example(
    out: str | os.PathLike[str], seed: int = 0, *, workers: int = 1, progress: bool = True
) -> dict[str, Path]:
    """Write one small data set per layout under `out`, and a README.txt that says what they are.

    Args:
        out: a new or empty folder.
        seed: 0 or larger; equal seeds give equal bytes.
        workers: processes for the GOT-10k and the MOT part, see `write_got10k`.
        progress: show a progress bar.

    Returns:
        The folder of each layout: lasot, got10k, trackingnet, coco, otb2015, vot2018, mot.

    Raises:
        InputError: for a negative seed, or when `out` holds something.
    """
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"example data: seed: got {seed!r}, allowed: integers from 0")
    with new_folder(out, "example data") as folder:
        jobs = _jobs(folder, int(seed))
        jobs.append(partial(_got10k, folder / "got10k", int(seed), workers))
        jobs.append(partial(_crowds, folder / "mot", int(seed), workers))
        for job in tqdm(jobs, desc="drawing example data", unit="seq", disable=None if progress else True):
            job()
        write_text(folder / "README.txt", _README)
    return {name: Path(out) / name for name in LAYOUTS}


def _jobs(folder: Path, seed: int) -> list[Callable[[], object]]:
    """One call per sequence; each draws from its own stream of random numbers."""
    streams = iter(np.random.SeedSequence([seed, 1]).spawn(200))

    def scene(
        split: str, length: int = _LENGTH, *, occluders: float = 0.3, outside: float = 0.1, **more: float
    ) -> RenderedSequence:
        return RenderedSequence(
            next(streams), length, _SIZE, split, Difficulty(occluders=occluders, outside=outside, **more)
        )

    jobs: list[Callable[[], object]] = []
    for name, split in _LASOT.items():
        sentence = f"{name.split('-')[0]} moving in a drawn scene"
        jobs.append(lambda n=name, p=split, t=sentence: layouts.write_lasot(folder / "lasot", n, scene(p), t))
    for part, name in enumerate(_TRACKINGNET_TRAIN):
        jobs.append(
            lambda i=part, n=name: layouts.write_trackingnet(folder / "trackingnet", f"TRAIN_{i}", n, scene("train"))
        )
    for name in _TRACKINGNET_TEST:
        jobs.append(lambda n=name: layouts.write_trackingnet(folder / "trackingnet", "TEST", n, scene("heldout")))
    for name, targets in _OTB.items():
        jobs.append(lambda n=name, k=targets: layouts.write_otb(folder / "otb2015", n, _with_company(scene, k), k))
    for name in _VOT:
        jobs.append(lambda n=name: layouts.write_vot(folder / "vot2018", n, scene("heldout", outside=0.0)))
    jobs.append(lambda: write_text(folder / "vot2018" / "list.txt", "\n".join(_VOT) + "\n"))
    jobs.append(lambda: layouts.write_coco(folder / "coco", [scene("train", 2) for _ in range(_COCO_PICTURES)]))
    return jobs


def _with_company(scene: Callable[..., RenderedSequence], targets: int) -> RenderedSequence:
    """A sequence in which every target stays in the image; OTB has no flag for absence."""
    while True:
        sequence = scene("heldout", distractors=1.5 * targets, outside=0.0)
        frames = [sequence.frame(index, others=True) for index in range(len(sequence))]
        boxes = np.array([np.vstack([frame.box, frame.others])[:targets] for frame in frames])
        if boxes.shape[1] == targets and (boxes[..., 2:] >= 4).all():
            return sequence


def _got10k(root: Path, seed: int, workers: int) -> None:
    for split, count in (("train", 4), ("val", 2), ("test", 2)):
        write_got10k(root, split, count, seed, length=_LENGTH, size=_SIZE, workers=workers, progress=False)


def _crowds(root: Path, seed: int, workers: int) -> None:
    for split, count in (("train", 3), ("val", 1)):
        write_motchallenge(root, split, sequences=count, frames=_LENGTH, seed=seed, workers=workers, progress=False)
