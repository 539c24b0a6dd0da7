"""From a folder of somebody's annotation to a data set in GOT-10k's layout: which form it has, and the whole way."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from tqdm import tqdm

from siou_tracking.conversion.clips import Clip, Target
from siou_tracking.conversion.coco_vid import find_json, read_coco_clips
from siou_tracking.conversion.csv_boxes import find_tables, read_csv_clips
from siou_tracking.conversion.cvat import find_xml, read_cvat_clips
from siou_tracking.conversion.got10k_folder import sequence_names, write_clip
from siou_tracking.conversion.mot_clips import read_mot_clips
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.files import write_text
from siou_tracking.ltr.data.sampler import SHORTEST_SEQUENCE
from siou_tracking.mot.data.sequences import list_folders
from siou_tracking.scenes.store import new_folder
from siou_tracking.wording import listed

SPLITS = ("train", "val")


@dataclasses.dataclass(frozen=True)
class Converted:
    """What became of it."""

    form: str
    sequences: list[str]
    frames: int
    notes: list[str]


def find_form(source: Path) -> tuple[str, list[Path]]:
    """The form of what is there, and the files or the folder to read.

    Raises:
        InputError: nothing there, or nothing in one of the forms.
    """
    if not source.exists():
        raise InputError(f"data convert: {source}: no such file or folder")
    if source.is_file():
        form = {".json": "coco-vid", ".xml": "cvat"}.get(source.suffix.lower())
        if form is None:
            raise InputError(
                f"data convert: {source}: got a file '{source.suffix}', allowed are .json, .xml or a folder"
            )
        return form, [source]
    if list_folders(source):
        return "mot", [source]
    for form, find in (("cvat", find_xml), ("coco-vid", find_json)):
        if found := find(source):
            return form, found
    if find_tables(source):
        return "csv", [source]
    raise InputError(
        f"data convert: {source}: got no annotation, allowed are CVAT's .xml, COCO-VID's .json, sequences as "
        "MOTChallenge has them, or a NAME.csv for each video NAME.mp4 or folder NAME"
    )


def read_clips(form: str, places: Iterable[Path], images: Path | None, first_frame: int) -> list[Clip]:
    """Every clip of the files or the folder that `find_form` found."""
    readers: dict[str, Callable[[Path], Iterable[Clip]]] = {
        "cvat": lambda path: read_cvat_clips(path, images),
        "coco-vid": lambda path: read_coco_clips(path, images),
        "mot": read_mot_clips,
        "csv": lambda path: read_csv_clips(path, images, first_frame),
    }
    return [clip for place in places for clip in readers[form](place)]


def convert_data(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    split: str = "train",
    images: str | os.PathLike[str] | None = None,
    first_frame: int = 1,
    least_frames: int = 2,
    progress: bool = True,
) -> Converted:
    """Write what was annotated as `out/<split>` in GOT-10k's layout, whole or not at all.

    Args:
        source: see `find_form`.
        out: folder of the data set; `out/<split>` is new or empty.
        split: "train" or "val".
        images: where the pictures are, if not beside the annotation.
        first_frame: what tables call the first frame, 0 or 1.
        least_frames: a target that can be seen in fewer is left out.
        progress: show a progress bar.

    Raises:
        InputError: names what cannot be used, and where.
    """
    if split not in SPLITS:
        raise unknown_name("split", split, SPLITS)
    if images is not None and not Path(images).exists():
        raise InputError(f"data convert: --images {images}: no such file or folder")
    form, places = find_form(Path(source))
    clips = read_clips(form, places, None if images is None else Path(images), first_frame)
    names, short = sequence_names(clips, least_frames)
    if not names:
        raise InputError(f"data convert: {source}: got no target that can be seen in {least_frames} frames or more")
    frames = 0
    with new_folder(Path(out) / split, "data convert: GOT-10k folder") as folder:
        for number, clip in enumerate(tqdm(clips, desc="converting", unit="clip", disable=None if progress else True)):
            own = {place: name for (of, place), name in names.items() if of == number}
            if own:
                frames += write_clip(folder, clip, own)
        write_text(folder / "list.txt", "".join(f"{name}\n" for name in names.values()))
    notes = [f"left out, seen in fewer than {least_frames} frames: {listed(short)}"] if short else []
    brief = [name for (of, place), name in names.items() if _span(clips[of].targets[place]) < SHORTEST_SEQUENCE]
    if brief:
        notes.append(f"under {SHORTEST_SEQUENCE} frames long, so that training passes them by: {listed(brief)}")
    return Converted(form, list(names.values()), frames, notes)


def _span(target: Target) -> int:
    return int(target.frames[-1] - target.frames[0]) + 1
