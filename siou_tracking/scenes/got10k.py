"""Generated sequences in GOT-10k's layout: what `quickstart` trains and scores on."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.files import write_text
from siou_tracking.parallel import run_jobs
from siou_tracking.scenes.photos import check_split
from siou_tracking.scenes.store import Annotation, new_folder, store
from siou_tracking.scenes.world import Difficulty, RenderedSequence

SPLITS = ("train", "val", "test")
_ROOT_CLASS = {
    "person": "person",
    "head": "person",
    "car": "vehicle",
    "motorcycle": "vehicle",
    "shuttle": "vehicle",
    "rocket": "vehicle",
    "animal": "animal",
    "horse": "animal",
}


def write_got10k(
    root: str | os.PathLike[str],
    split: str,
    count: int,
    seed: int = 0,
    *,
    length: int = 30,
    size: tuple[int, int] | None = None,
    photos: str | None = None,
    difficulty: Difficulty | None = None,
    workers: int = 1,
    progress: bool = True,
) -> list[str]:
    """Write `count` generated sequences as `root/split/` in GOT-10k's official layout.

    `root/split/list.txt` and per sequence `GOT-10k_Train_%06d/{%08d.jpg, groundtruth.txt, absence.label, cover.label,
    cut_by_image.label, meta_info.ini}`, frames from 1, boxes 'x,y,w,h' with four decimals. Of a test sequence only the
    first box is written, as in the original.

    Args:
        root: folder that gets the split; `root/split` must be new or empty.
        split: "train", "val" or "test".
        count: number of sequences, at least 1.
        seed: 0 or larger; equal seeds give equal bytes with any number of workers.
        length: frames a sequence, at least 2.
        size: (width, height) in pixels; varies from sequence to sequence when None.
        photos: "train" or "heldout"; by default "train" for split train and "heldout" for the others.
        difficulty: see `Difficulty`.
        workers: processes; above 1 the calling script needs the usual `if __name__ == "__main__":` guard.
        progress: show a progress bar.

    Returns:
        The sequence names in the order of list.txt.

    Raises:
        InputError: for an argument outside its range, or when `root/split` holds something.
    """
    if split not in SPLITS:
        raise unknown_name("GOT-10k split", split, SPLITS)
    for what, value, least in (("count", count, 1), ("seed", seed, 0), ("workers", workers, 1)):
        if not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"GOT-10k {split} generation: {what}: got {value!r}, allowed: integers from {least}")
    photos = check_split(photos or ("train" if split == "train" else "heldout"))
    RenderedSequence.check(length, size)
    names = [f"GOT-10k_{split.capitalize()}_{index + 1:06d}" for index in range(count)]
    with new_folder(Path(root) / split, "GOT-10k folder") as folder:
        job = partial(_write_one, folder, split, seed, length, size, photos, difficulty)
        jobs = list(enumerate(names))
        done = run_jobs(job, jobs, workers=workers)
        label = f"drawing {split} sequences"
        for _ in tqdm(done, total=count, desc=label, disable=None if progress else True, unit="seq"):
            pass
        write_text(folder / "list.txt", "\n".join(names) + "\n")
    return names


def _write_one(
    folder: Path,
    split: str,
    seed: int,
    length: int,
    size: tuple[int, int] | None,
    photos: str,
    difficulty: Difficulty | None,
    index: int,
    name: str,
) -> None:
    # one stream of random numbers per sequence, so that neither the order nor the number of workers matters
    stream = np.random.SeedSequence([seed, SPLITS.index(split), index])
    sequence = RenderedSequence(stream, length, size, photos, difficulty)
    place = folder / name
    place.mkdir()
    notes = store(sequence, lambda frame: place / f"{frame + 1:08d}.jpg")
    write_labels(place, sequence, notes, first_box_only=split == "test")


def write_labels(place: Path, sequence: RenderedSequence, notes: Annotation, first_box_only: bool) -> None:
    """Write a sequence's text files in GOT-10k's form."""
    boxes = notes.boxes[:1] if first_box_only else notes.boxes
    write_text(place / "groundtruth.txt", "".join(",".join(f"{v:.4f}" for v in box) + "\n" for box in boxes))
    labels = {"absence": notes.outside | notes.hidden, "cover": notes.cover, "cut_by_image": notes.cut}
    for label, values in labels.items():
        write_text(place / f"{label}.label", "".join(f"{int(value)}\n" for value in values))
    width, height = sequence.size
    entries = {
        "url": "generated",
        "begin": "00:00:00",
        "end": f"00:00:{min(59, len(sequence) // 10):02d}",
        "anno_fps": "10Hz",
        "object_class": sequence.name,
        "motion_class": "moving",
        "major_class": sequence.name,
        "root_class": _ROOT_CLASS.get(sequence.name, "passive motion object"),
        "motion_adverb": "unknown",
        "resolution": f"({width}, {height})",
    }
    write_text(place / "meta_info.ini", "[METAINFO]\n" + "".join(f"{k}: {v}\n" for k, v in entries.items()))
