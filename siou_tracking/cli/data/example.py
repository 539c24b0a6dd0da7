"""`siou-tracking data example`: small generated sequences in every official layout, for a first run of any command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from siou_tracking.arguments import Verb, count
from siou_tracking.errors import InputError
from siou_tracking.outcomes import tell

if TYPE_CHECKING:
    from siou_tracking.scenes.world import RenderedSequence

LAYOUTS = ("lasot", "got10k", "trackingnet", "coco", "otb2015", "vot2018", "mot")
_SIZE = (240, 180)
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument("--seed", type=count, metavar="N")


def run(options: argparse.Namespace) -> int:
    write_example(options.out, seed=options.seed or 0)
    tell(f"example data: {options.out}")
    return 0


def write_example(
    out: str | os.PathLike[str], seed: int = 0, *, frames: int = 30, workers: int = 1, progress: bool = True
) -> dict[str, Path]:
    """Write one small data set per layout under `out`, and a README.txt that says what they are.

    Args:
        out: a new or empty folder.
        seed: 0 or larger; equal seeds give equal bytes.
        frames: of each sequence.
        workers: processes for the GOT-10k and the MOT part, see `write_got10k`.
        progress: show a progress bar.

    Returns:
        The folder of each layout: lasot, got10k, trackingnet, coco, otb2015, vot2018, mot.

    Raises:
        InputError: for a negative seed, or when `out` holds something.
    """
    import numpy as np
    from tqdm import tqdm

    from siou_tracking.files import write_text
    from siou_tracking.scenes.store import new_folder

    if not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"example data: seed: got {seed!r}, allowed: integers from 0")
    with new_folder(out, "example data") as folder:
        jobs = _Drawing(folder, int(seed), frames, workers).jobs()
        for job in tqdm(jobs, desc="drawing example data", unit="seq", disable=None if progress else True):
            job()
        write_text(folder / "README.txt", _README)
    return {name: Path(out) / name for name in LAYOUTS}


class _Drawing:
    """What is drawn into one folder; each sequence draws from its own stream of random numbers."""

    def __init__(self, folder: Path, seed: int, frames: int, workers: int) -> None:
        import numpy as np

        self.folder, self.seed, self.frames, self.workers = folder, seed, frames, workers
        self.streams = iter(np.random.SeedSequence([seed, 1]).spawn(200))

    def jobs(self) -> list[Callable[[], None]]:
        """One call a sequence, to be made in this order: each takes the next stream."""
        return [
            *(partial(self.lasot, name, split) for name, split in _LASOT.items()),
            *(partial(self.trackingnet, f"TRAIN_{at}", name, "train") for at, name in enumerate(_TRACKINGNET_TRAIN)),
            *(partial(self.trackingnet, "TEST", name, "heldout") for name in _TRACKINGNET_TEST),
            *(partial(self.otb, name, targets) for name, targets in _OTB.items()),
            *(partial(self.vot, name) for name in _VOT),
            self.vot_list,
            self.coco,
            self.got10k,
            self.crowds,
        ]

    def scene(self, split: str, length: int | None = None, *, outside: float = 0.1, **more: float) -> RenderedSequence:
        from siou_tracking.scenes.world import Difficulty, RenderedSequence

        return RenderedSequence(
            next(self.streams), length or self.frames, _SIZE, split, Difficulty(occluders=0.3, outside=outside, **more)
        )

    def lasot(self, name: str, split: str) -> None:
        from siou_tracking.scenes.layouts import write_lasot

        write_lasot(self.folder / "lasot", name, self.scene(split), f"{name.split('-')[0]} moving in a drawn scene")

    def trackingnet(self, part: str, name: str, split: str) -> None:
        from siou_tracking.scenes.layouts import write_trackingnet

        write_trackingnet(self.folder / "trackingnet", part, name, self.scene(split))

    def otb(self, name: str, targets: int) -> None:
        """A sequence in which every target stays in the image; OTB has no flag for absence."""
        import numpy as np

        from siou_tracking.scenes.layouts import write_otb

        while True:
            sequence = self.scene("heldout", distractors=1.5 * targets, outside=0.0)
            frames = [sequence.frame(index, others=True) for index in range(len(sequence))]
            boxes = np.array([np.vstack([frame.box, frame.others])[:targets] for frame in frames])
            if boxes.shape[1] == targets and (boxes[..., 2:] >= 4).all():
                return write_otb(self.folder / "otb2015", name, sequence, targets)

    def vot(self, name: str) -> None:
        from siou_tracking.scenes.layouts import write_vot

        write_vot(self.folder / "vot2018", name, self.scene("heldout", outside=0.0))

    def vot_list(self) -> None:
        from siou_tracking.files import write_text

        write_text(self.folder / "vot2018" / "list.txt", "\n".join(_VOT) + "\n")

    def coco(self) -> None:
        from siou_tracking.scenes.layouts import write_coco

        write_coco(self.folder / "coco", [self.scene("train", 2) for _ in range(_COCO_PICTURES)])

    def got10k(self) -> None:
        from siou_tracking.scenes.got10k import write_got10k

        root = self.folder / "got10k"
        for split, number in (("train", 4), ("val", 2), ("test", 2)):
            write_got10k(
                root, split, number, self.seed, length=self.frames, size=_SIZE, workers=self.workers, progress=False
            )

    def crowds(self) -> None:
        from siou_tracking.mot.scenes.crowd import write_motchallenge

        root, workers = self.folder / "mot", self.workers
        for split, number in (("train", 3), ("val", 1)):
            write_motchallenge(
                root, split, sequences=number, frames=self.frames, seed=self.seed, workers=workers, progress=False
            )


VERB = Verb(
    name="data example",
    summary="Write small generated sequences in the official layouts.",
    example="siou-tracking data example --out example",
    add_arguments=add_arguments,
    run=run,
)
