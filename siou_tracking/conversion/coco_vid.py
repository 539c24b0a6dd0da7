"""COCO-VID: one JSON file with videos, images, annotations and categories, as CocoVID, BDD100K's and TAO's tools write.

An image names its video and its place in it (`video_id`, `frame_id`), an annotation its image, its box x, y, w, h and
its target (`instance_id` or `track_id`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any  # what JSON holds

import numpy as np

from siou_tracking.conversion.clips import WHOLE_COVER, Clip, make_target
from siou_tracking.errors import InputError
from siou_tracking.media.file_names import natural_key
from siou_tracking.untrusted.json_text import read_json_input

_PARTS = ("videos", "images", "annotations")
_IDENTITIES = ("instance_id", "track_id")
_PLACES = ("frame_id", "frame_index")


def find_json(folder: Path) -> list[Path]:
    """The JSON files of a folder, or of `annotations/` in it."""
    return sorted(folder.glob("*.json")) or sorted(folder.glob("annotations/*.json"))


def read_coco_clips(path: Path, images: Path | None = None) -> Iterator[Clip]:
    """A clip for each video that has targets.

    Args:
        path: the JSON file.
        images: folder that the images' `file_name` begins in; None for the file's own, or the one around
            `annotations/`.

    Raises:
        InputError: the file is not of this form; names the entry.
    """
    content = _read(path)
    root = images or (path.parent.parent if path.parent.name == "annotations" else path.parent)
    labels = {_get(one, "id", f"{path}: categories"): str(one.get("name", "")) for one in content["categories"]}
    videos = {_get(one, "id", f"{path}: videos"): str(one.get("name", one["id"])) for one in content["videos"]}
    frames = _frames_of(content["images"], videos, path)
    place = {image: (video, at) for video, found in frames.items() for at, (image, _) in enumerate(found)}
    rows: dict[Any, dict[Any, dict[int, tuple[np.ndarray, int]]]] = {video: {} for video in videos}
    classes: dict[tuple[Any, Any], str] = {}
    for number, one in enumerate(content["annotations"]):
        where = f"{path}: annotations[{number}]"
        named = next((name for name in _IDENTITIES if one.get(name) is not None), None)
        if named is None:
            raise InputError(f"{where}: no {' or '.join(_IDENTITIES)}, so no target, allowed are annotations of videos")
        if _get(one, "image_id", where) not in place:
            raise InputError(f"{where}: image_id: got {one['image_id']!r}, allowed are ids of images")
        video, at = place[one["image_id"]]
        identity = _get(one, named, where)
        hidden = bool(one.get("iscrowd")) or one.get("visibility") == 0
        rows[video].setdefault(identity, {})[at] = _box(one, where), 0 if hidden else WHOLE_COVER
        label = labels.get(_get(one, "category_id", where), "") if "category_id" in one else ""
        classes.setdefault((video, identity), label)
    for video, name in videos.items():
        found = (
            make_target(str(identity), classes[video, identity], boxes, f"{path}: video {name}")
            for identity, boxes in rows[video].items()
        )
        if targets := tuple(target for target in found if target is not None):
            files = tuple(root / file for _, file in frames[video])
            yield Clip(name, files[0].parent, targets, files)


def _read(path: Path) -> Mapping[str, Any]:
    content = read_json_input(path)
    found = {"categories": [], **content} if isinstance(content, dict) else {}
    if not all(_is_table(found.get(part)) for part in (*_PARTS, "categories")):
        allowed = f"allowed is COCO-VID, lists of entries {', '.join(_PARTS)} and, where they are there, categories"
        raise InputError(f"{path}: got JSON without {' or without '.join(_PARTS)}, {allowed}")
    return found


def _is_table(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _frames_of(
    images: list[Mapping[str, Any]], videos: Mapping[Any, str], path: Path
) -> dict[Any, list[tuple[Any, str]]]:
    """Video -> (image, file) of its frames in order."""
    found: dict[Any, list[tuple[tuple[Any, ...], Any, str]]] = {video: [] for video in videos}
    for number, one in enumerate(images):
        where = f"{path}: images[{number}]"
        if _get(one, "video_id", where) not in videos:
            raise InputError(f"{where}: video_id: got {one['video_id']!r}, allowed are ids of videos")
        file = str(_get(one, "file_name", where))
        at = next((one[name] for name in _PLACES if isinstance(one.get(name), int)), -1)
        found[one["video_id"]].append(((at, natural_key(file)), _get(one, "id", where), file))
    return {
        video: [(image, file) for _, image, file in sorted(rows, key=lambda row: row[0])]
        for video, rows in found.items()
    }


def _box(one: Mapping[str, Any], where: str) -> np.ndarray:
    box = one.get("bbox")
    if isinstance(box, list) and len(box) == 4 and all(isinstance(value, int | float) for value in box):
        with contextlib.suppress(OverflowError):  # a whole number beyond those of floating point
            return np.array([float(value) for value in box])
    raise InputError(f"{where}: bbox: got {repr(box)[:60]}, allowed are four numbers x, y, w, h")


def _get(one: Mapping[str, Any], name: str, where: str | Path) -> Any:
    if name not in one or isinstance(one[name], list | dict):
        raise InputError(f"{where}: {name}: got {repr(one.get(name))[:60]}, allowed is a number or a text")
    return one[name]
