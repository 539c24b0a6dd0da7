"""VOT2018 sequences: the official folder layout, or the one JSON file of pysot (VOT2018.json).

Folder: `list.txt` (one sequence a line, optional), and per sequence `groundtruth.txt` (8 numbers a frame, or 4),
`color/%08d.jpg`, `<tag>.tag` or `<tag>.label` (one 0 or 1 a frame; a short file ends in zeros), `sequence` (key=value:
width, height, fps, channels.color). JSON: {name: {"width", "height", "gt" or "gt_rect": [[...], ...], tags...}}.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks.sequence import read_each
from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.protocol import EMPTY_TAG, TAGS
from siou_tracking.errors import InputError
from siou_tracking.media.frames import IMAGE_SUFFIXES


@dataclass(frozen=True)
class VotSequence:
    """One annotated sequence.

    name: as in the result files.
    width, height: of the images, in pixels.
    regions: one annotated region a frame.
    tags: name -> (frames,) bool; always has the five of TAGS and `empty`.
    frames: image files in order; empty where only annotations were given.
    fps: frames a second as annotated; None where not stated.
    image_pattern: where the images were looked for, such as <sequence>/color/%08d.jpg; None for annotations alone.
    """

    name: str
    width: int
    height: int
    regions: Regions
    tags: dict[str, np.ndarray]
    frames: tuple[Path, ...] = field(default=(), repr=False)
    fps: float | None = None
    image_pattern: Path | None = None

    @property
    def has_images(self) -> bool:
        """False where only annotations were given."""
        return bool(self.frames)

    def __len__(self) -> int:
        return len(self.regions)


def load_sequences(source: str | os.PathLike[str], names: Iterable[str] | None = None) -> list[VotSequence]:
    """Read sequences from a VOT2018 folder or a pysot-style JSON file.

    Args:
        source: the folder that holds the sequence folders (or a `sequences` folder with them), or the JSON file.
        names: only these, in this order; None reads all.

    Raises:
        InputError: nothing there, a sequence missing, an annotation that cannot be read (file and line named).
    """
    path = Path(source)
    if path.is_file():
        available = _read_json(path)
        read = {name: lambda name=name: _json_sequence(name, available[name], path) for name in available}
    elif path.is_dir():
        folders = _folders(path)
        read = {name: lambda name=name: _folder_sequence(name, folders[name]) for name in folders}
    else:
        raise InputError(f"VOT2018 sequences: {path}: got nothing there, allowed are a folder or a JSON file")
    wanted = list(read) if names is None else list(names)
    for name in wanted:
        if name not in read:
            raise InputError(f"VOT2018: {path}: sequence '{name}' is missing, it has {len(read)} others")
    return read_each((name, read[name]) for name in wanted)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"VOT2018 annotations: {path}: not JSON: {error}") from None
    if not isinstance(content, dict) or not content or not all(isinstance(v, dict) for v in content.values()):
        raise InputError(
            f"VOT2018 annotations: {path}: an object of sequences is expected, got {type(content).__name__}"
        )
    return content


def _json_sequence(name: str, content: dict[str, Any], path: Path) -> VotSequence:
    where = f"{path}: {name}"
    rows = content.get("gt", content.get("gt_rect"))
    if not isinstance(rows, list) or not rows:
        raise InputError(f"VOT2018 annotations: {where}: 'gt' is missing or empty, a list of regions is expected")
    for key in ("width", "height"):
        if not isinstance(content.get(key), (int, float)) or content[key] <= 0:
            raise InputError(f"VOT2018 annotations: {where}: '{key}' is {content.get(key)!r}, pixels are expected")
    given = content.get("tags", content)
    tags = {tag: _flags(given[tag], len(rows), f"{where}: {tag}") for tag in TAGS if tag in given}
    try:
        regions = Regions.from_rows(rows, where)
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, InputError) else InputError(f"VOT2018 annotations: {where}: {error}") from None
    return VotSequence(name, int(content["width"]), int(content["height"]), regions, _all_tags(tags, len(rows)))


def _folders(root: Path) -> dict[str, Path]:
    if not (root / "list.txt").is_file() and (root / "sequences").is_dir():
        root = root / "sequences"
    if (root / "list.txt").is_file():
        names = (root / "list.txt").read_text(encoding="utf-8").split()
        for name in names:
            if not (root / name / "groundtruth.txt").is_file():
                raise InputError(f"VOT2018: {root / name / 'groundtruth.txt'} is missing, list.txt names the sequence")
    else:
        names = sorted(folder.parent.name for folder in root.glob("*/groundtruth.txt"))
    if not names:
        raise InputError(f"VOT2018 sequences: {root}: no <sequence>/groundtruth.txt found")
    return {name: root / name for name in names}


def _folder_sequence(name: str, folder: Path) -> VotSequence:
    rows = []
    for number, line in enumerate((folder / "groundtruth.txt").read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                rows.append([float(value) for value in line.replace(",", " ").split()])
            except ValueError:
                raise InputError(
                    f"{folder / 'groundtruth.txt'}:{number}: got {line[:40]!r}, numbers expected"
                ) from None
    if not rows:
        raise InputError(f"VOT2018: {folder / 'groundtruth.txt'}: empty, one region a frame is expected")
    regions = Regions.from_rows(rows, str(folder / "groundtruth.txt"))
    about = _properties(folder / "sequence")
    frames = _frames(folder, about.get("channels.color"))
    if frames and len(frames) < len(rows):
        raise InputError(f"VOT2018: {folder}: {len(frames)} images, {len(rows)} rows in groundtruth.txt")
    tags = {}
    for tag in TAGS:
        for file in (folder / f"{tag}.tag", folder / f"{tag}.label"):
            if file.is_file():
                tags[tag] = _flags("".join(file.read_text(encoding="utf-8").split()), len(rows), str(file))
    pattern = folder / about.get("channels.color", "color/%08d.jpg")
    width, height = _size(about, frames, folder, pattern)
    fps = _positive(about, "fps", folder / "sequence") if "fps" in about else None
    tags = _all_tags(tags, len(rows))
    return VotSequence(name, width, height, regions, tags, tuple(frames[: len(rows)]), fps, pattern)


def _properties(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    pairs = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _positive(about: dict[str, str], key: str, file: Path) -> float:
    try:
        value = float(about[key])
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError(f"VOT2018: {file}: {key}: got '{about[key]}', a positive number is expected")
    return value


def _frames(folder: Path, pattern: str | None) -> list[Path]:
    images = folder / (Path(pattern).parent if pattern else "color")
    if not images.is_dir():
        images = folder
    return sorted(file for file in images.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)


def _size(about: dict[str, str], frames: list[Path], folder: Path, pattern: Path) -> tuple[int, int]:
    if "width" in about and "height" in about:
        about_file = folder / "sequence"
        return int(_positive(about, "width", about_file)), int(_positive(about, "height", about_file))
    if not frames:
        raise InputError(f"VOT2018: no width and height in 'sequence', and no image to measure at {pattern}")
    import cv2

    image = cv2.imread(str(frames[0]))
    if image is None:
        raise InputError(f"VOT2018: {frames[0]}: not an image that can be read")
    return image.shape[1], image.shape[0]


def _flags(flags: str | Sequence[int], length: int, where: str) -> np.ndarray:
    text = flags if isinstance(flags, str) else "".join(str(int(flag)) for flag in flags)
    if set(text) - {"0", "1"} or len(text) > length:
        raise InputError(f"VOT2018 tags: {where}: {len(text)} labels {text[:20]!r}, up to {length} of 0 and 1 expected")
    marked: np.ndarray = np.frombuffer(text.ljust(length, "0").encode(), np.uint8) == ord("1")
    return marked


def _all_tags(given: dict[str, np.ndarray], length: int) -> dict[str, np.ndarray]:
    tags = {tag: given.get(tag, np.zeros(length, bool)) for tag in TAGS}
    tags[EMPTY_TAG] = ~np.any(list(tags.values()), axis=0)
    return tags
