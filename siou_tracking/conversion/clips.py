"""What every form of annotation is read into: clips, and the targets in each."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.media.file_names import VIDEO_SUFFIXES
from siou_tracking.untrusted.names import is_possible

WHOLE_COVER = 8
"""GOT-10k's cover label of a target that can be seen whole; 0 is one that cannot be seen."""
_LAST_FRAME = 10_000_000


@dataclasses.dataclass(frozen=True)
class Target:
    """One target of a clip, in the frames that were annotated."""

    name: str
    """Its identity, or '' in a clip of one target."""
    label: str
    """Its class, or ''."""
    frames: np.ndarray
    """(n,) int64, from 0, rising."""
    boxes: np.ndarray
    """(n, 4) float64 xywh in pixels, the picture's left top corner at (0, 0)."""
    cover: np.ndarray
    """(n,) uint8: 0 to `WHOLE_COVER`."""


@dataclasses.dataclass(frozen=True)
class Clip:
    """A video with targets."""

    name: str
    source: Path
    """A video, or a folder of pictures."""
    targets: tuple[Target, ...]
    files: tuple[Path, ...] | None = None
    """The pictures in order, where the annotation names them; None for all of `source` in natural order."""


def make_target(
    name: str,
    label: str,
    rows: Mapping[int, tuple[np.ndarray, int]] | Iterable[tuple[int, tuple[np.ndarray, int]]],
    where: str,
) -> Target | None:
    """A target of what was annotated; None where no frame has a box.

    Args:
        name, label: as in `Target`.
        rows: frame from 0 -> xywh and cover; a box without area, or not finite, is none.
        where: how errors name it.

    Raises:
        InputError: a frame below 0, or above ten million.
    """
    kept = sorted((frame, box, cover) for frame, (box, cover) in dict(rows).items() if _has_area(box))
    if not kept:
        return None
    for frame in (kept[0][0], kept[-1][0]):
        if not 0 <= frame <= _LAST_FRAME:
            allowed = f"counted from the first one, allowed are numbers from 0 to {_LAST_FRAME:,}"
            raise InputError(f"{where}: frame: got {frame:.12g}, {allowed}")
    frames, boxes, cover = zip(*kept, strict=True)
    return Target(name, label, np.array(frames, np.int64), np.array(boxes, np.float64), np.array(cover, np.uint8))


def _has_area(box: np.ndarray) -> bool:
    return bool(np.isfinite(box).all() and (np.asarray(box)[2:] > 0).all())


def find_source(folder: Path, names: Iterable[str], where: str) -> Path:
    """The pictures or the video of a clip: `folder/NAME/`, or `folder/NAME` with a video's suffix.

    Args:
        folder: where to look.
        names: what it may be called, the likeliest first.
        where: how errors name the clip.

    Raises:
        InputError: there is none, or there are several.
    """
    wanted = [name for name in names if is_possible(folder / f"{name}.suffix")]
    for name in wanted:
        found = [folder / name] if (folder / name).is_dir() else []
        found += [folder / f"{name}{suffix}" for suffix in VIDEO_SUFFIXES if (folder / f"{name}{suffix}").is_file()]
        if len(found) > 1:
            raise InputError(f"{where}: {found[0]} and {found[1]}: allowed is one of them")
        if found:
            return found[0]
    tried = " or ".join(os.fspath(folder / name) for name in wanted)
    raise InputError(
        f"{where}: no pictures: expected {tried}, a folder of pictures or a video; --images DIR names them"
    )
