"""Clips written as a split in GOT-10k's layout: a sequence for each target, from its first to its last annotated frame.

A frame in between without a box gets the last one and the label absent, so that training passes it by. A JPEG is taken
as it is; other pictures and the frames of videos are encoded anew. Sequences of one clip share their pictures on disk.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from siou_tracking.conversion.clips import Clip, Target
from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.media.pictures import is_turned, read_any_depth, stretch, visible_span
from siou_tracking.media.sources import open_frames
from siou_tracking.untrusted.names import is_possible, printable

_QUALITY = 95
_JPEG = (".jpg", ".jpeg", ".jpe")
_LONGEST_NAME = 200
Picture = Path | np.ndarray
"""A JPEG that is copied, or (H, W, 3) uint8 RGB."""


def sequence_names(clips: Iterable[Clip], least: int) -> tuple[dict[tuple[int, int], str], list[str]]:
    """Names of the sequences by number of clip and of target, and those of targets with too few frames.

    Args:
        clips: all that become one split.
        least: frames with a visible target that a sequence has at least.
    """
    names: dict[tuple[int, int], str] = {}
    short: list[str] = []
    taken: set[str] = set()
    for number, clip in enumerate(clips):
        for place, target in enumerate(clip.targets):
            name = _plain(f"{clip.name}_{target.name}" if len(clip.targets) > 1 else clip.name)
            if int((target.cover > 0).sum()) < least:
                short.append(name)
                continue
            while name.casefold() in taken:  # as on file systems that hold two spellings for one name
                name += "_"
            taken.add(name.casefold())
            names[number, place] = name
    return names, short


def _plain(name: str) -> str:
    """A name that every file system takes: one folder, no leading dot, short enough for a number behind it."""
    short = re.sub(r"[^\w.-]+", "_", name).encode()[:_LONGEST_NAME].decode(errors="ignore")
    return short.lstrip(".") or "_"


def write_clip(folder: Path, clip: Clip, names: dict[int, str]) -> int:
    """Write the sequences of one clip.

    Args:
        folder: of the split.
        clip: what is written.
        names: number of the target -> name of its sequence; others are left out.

    Returns:
        Pictures written, without links.

    Raises:
        InputError: a frame with a target cannot be read, or is not there.
    """
    spans = {place: (int(clip.targets[place].frames[0]), int(clip.targets[place].frames[-1])) for place in names}
    for name in names.values():
        (folder / name).mkdir()
    last, seen, written, size = max(end for _, end in spans.values()), -1, 0, (0, 0)
    for frame, picture in _pictures(clip, min(start for start, _ in spans.values()), last):
        seen = frame
        places = [place for place, (start, end) in spans.items() if start <= frame <= end]
        made: Path | None = None
        for place in places:
            path = folder / names[place] / f"{frame - spans[place][0] + 1:08d}.jpg"
            if made is None:
                made = path
                size = _write(path, picture)
                written += 1
            else:
                _link(made, path)
    if seen < last:
        raise InputError(
            f"{clip.source}: has {seen + 1} frames, the annotation of {clip.name} goes to frame {last + 1}"
        )
    for place, name in names.items():
        _write_labels(folder / name, clip.targets[place], size)
    return written


def _pictures(clip: Clip, first: int, last: int) -> Iterator[tuple[int, Picture]]:
    """The frames from `first` to `last`, numbered from 0."""
    files = clip.files
    if files is None and clip.source.is_dir():
        files = tuple(open_frames(clip.source).files)  # type: ignore[union-attr]  # a folder is an ImageFolder
    if files is not None:
        for frame in range(first, min(last + 1, len(files))):
            yield frame, _picture(files[frame])
        return
    for frame, one in enumerate(open_frames(clip.source).read()):
        if frame > last:
            return
        if frame >= first:
            if one.picture is None:
                raise InputError(one.problem)
            yield frame, one.picture


def _picture(path: Path) -> Picture:
    if not is_possible(path) or not path.is_file():
        raise InputError(f"{path}: no such picture")
    if path.suffix.lower() in _JPEG and not is_turned(path):
        return path
    picture = read_any_depth(path)
    return picture if picture.dtype == np.uint8 else stretch(picture, visible_span(picture))


def _write(path: Path, picture: Picture) -> tuple[int, int]:
    """Write one picture; gives its width and height, (0, 0) where it was only copied."""
    import cv2

    if isinstance(picture, Path):
        shutil.copyfile(picture, path)
        return 0, 0
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise InputError(f"{path.name}: a picture of {picture.shape[1]} x {picture.shape[0]} cannot be written as JPEG")
    path.write_bytes(encoded.tobytes())
    return picture.shape[1], picture.shape[0]


def _link(made: Path, path: Path) -> None:
    try:
        os.link(made, path)
    except OSError:  # a file system without links
        shutil.copyfile(made, path)


def _write_labels(place: Path, target: Target, size: tuple[int, int]) -> None:
    """groundtruth.txt, absence.label, cover.label and meta_info.ini."""
    first = int(target.frames[0])
    known = np.searchsorted(target.frames, np.arange(first, int(target.frames[-1]) + 1), side="right") - 1
    annotated = target.frames[known] == np.arange(first, int(target.frames[-1]) + 1)
    cover = np.where(annotated, target.cover[known], 0)
    boxes = target.boxes[known]
    write_text(place / "groundtruth.txt", "".join(",".join(f"{v:.4f}" for v in box) + "\n" for box in boxes))
    write_text(place / "absence.label", "".join(f"{int(seen == 0)}\n" for seen in cover))
    write_text(place / "cover.label", "".join(f"{int(seen)}\n" for seen in cover))
    if not all(size):
        height, width = read_any_depth(place / "00000001.jpg").shape[:2]
        size = width, height
    label = printable(target.label) or "unknown"
    entries = {"url": "own data", "object_class": label, "major_class": label, "resolution": f"({size[0]}, {size[1]})"}
    write_text(place / "meta_info.ini", "[METAINFO]\n" + "".join(f"{k}: {v}\n" for k, v in entries.items()))
