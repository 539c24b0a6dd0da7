"""CVAT's export "CVAT for video 1.1": annotations.xml with a track for each target, pictures beside it.

A track lists every frame it spans, those between key frames interpolated by CVAT; `outside="1"` says that the target is
not in the frame, `occluded="1"` that a part of it is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from siou_tracking.conversion.clips import WHOLE_COVER, Clip, Target, find_source, make_target
from siou_tracking.errors import InputError
from siou_tracking.untrusted.reading import read_input

_EDGES = ("xtl", "ytl", "xbr", "ybr")
_OCCLUDED = WHOLE_COVER // 2
"""Cover of a target of which CVAT says only that something hides a part of it."""


def find_xml(folder: Path) -> list[Path]:
    """The XML files of a folder."""
    return sorted(folder.glob("*.xml"))


def read_cvat_clips(path: Path, images: Path | None = None) -> Iterator[Clip]:
    """The clip of one exported task.

    Args:
        path: annotations.xml.
        images: the video or the folder of pictures; None for `images/`, or what the task was made of, beside it.

    Raises:
        InputError: not such a file, of several tasks, or of single pictures; names the track.
    """
    try:
        root = ElementTree.fromstring(read_input(path))
    except ElementTree.ParseError as error:
        raise InputError(f"{path}: not readable as XML: {error}") from None
    if root.tag != "annotations":
        raise InputError(f"{path}: got <{root.tag}>, allowed is CVAT's <annotations>")
    if root.find("image") is not None and root.find("track") is None:
        raise InputError(
            f"{path}: is CVAT's export of single pictures, allowed is 'CVAT for video 1.1', which has tracks"
        )
    if len({track.get("task_id") for track in root.iter("track")}) > 1:
        raise InputError(f"{path}: holds tracks of several tasks, allowed is the export of one task")
    found = (_read_track(track, path) for track in root.iter("track"))
    targets = tuple(target for target in found if target is not None)
    if not targets:
        raise InputError(f"{path}: got no track with a box in it, allowed are tracks of rectangles")
    made_of = Path(root.findtext("./meta/task/source") or root.findtext("./meta/source") or path.stem)
    source = images or find_source(path.parent, ["images", made_of.name, made_of.stem, path.stem], str(path))
    name = root.findtext("./meta/task/name") or made_of.stem
    yield Clip(name, source, targets)


def _read_track(track: ElementTree.Element, path: Path) -> Target | None:
    name = track.get("id", "")
    where = f"{path}: track {name}"
    rows: dict[int, tuple[np.ndarray, int]] = {}
    for box in track.iter("box"):
        if box.get("outside") == "1":
            continue
        frame = _number(box, "frame", where)
        if frame != int(frame):
            raise InputError(f"{where}: frame: got {frame:g}, allowed are whole numbers from 0")
        cover = _OCCLUDED if box.get("occluded") == "1" else WHOLE_COVER
        rows[int(frame)] = _box(box, f"{where}: frame {frame:g}"), cover
    return make_target(name, track.get("label", ""), rows, where)


def _box(box: ElementTree.Element, where: str) -> np.ndarray:
    """xywh; of a turned rectangle that of the upright one around it."""
    left, top, right, bottom = (_number(box, edge, where) for edge in _EDGES)
    width, height = right - left, bottom - top
    if box.get("rotation"):
        angle = math.radians(_number(box, "rotation", where))
        cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
        width, height = width * cos + height * sin, width * sin + height * cos
    return np.array([(left + right - width) / 2, (top + bottom - height) / 2, width, height])


def _number(box: ElementTree.Element, name: str, where: str) -> float:
    try:
        value = float(box.get(name, ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: {name}: got '{box.get(name, '')}', allowed are numbers")
    return value
