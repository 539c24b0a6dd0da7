"""VOT sequences: the official folder layout, or the one JSON file of pysot (VOT2018.json, VOT2019.json).

Folder: `list.txt` (one sequence a line, optional), and per sequence `groundtruth.txt` (8 numbers a frame, or 4),
`color/%08d.jpg`, `<tag>.tag` or `<tag>.label` (one 0 or 1 a frame; a short file ends in zeros), `sequence` (key=value:
width, height, fps, channels.color). JSON: {name: {"gt" or "gt_rect": [[...], ...], "width", "height", tags...}}; the
sizes, which pysot's own files do not state, are built in for the challenges' sequences.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np

from siou_tracking.benchmarks.official_names import official_sizes
from siou_tracking.benchmarks.sequence import read_each
from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.protocol import EMPTY_TAG, TAGS
from siou_tracking.errors import InputError
from siou_tracking.image_bytes import image_size
from siou_tracking.media.file_names import image_files
from siou_tracking.untrusted.json_text import read_json_input
from siou_tracking.untrusted.names import is_possible
from siou_tracking.untrusted.reading import TABLE_LIMIT, is_there, read_input_text

MOST_PIXELS = 1 << 16
"""Of an image's width or height: regions are drawn row by row, and no format of images has more than 65,535 or so."""
_YEARS = ("vot2018", "vot2019", "vot2016")  # a name means the same images in all of them


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


def load_sequences(
    source: str | os.PathLike[str],
    names: Iterable[str] | None = None,
    accept: Callable[[list[str]], object] | None = None,
) -> list[VotSequence]:
    """Read sequences from a VOT folder or a pysot-style JSON file.

    Args:
        source: the folder that holds the sequence folders (or a `sequences` folder with them), or the JSON file.
        names: only these, in this order; None reads all.
        accept: is shown the names of all before any is read, and raises where they are not to be.

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
        raise InputError(f"VOT sequences: {path}: got nothing there, allowed are a folder or a JSON file")
    if accept is not None:
        accept(list(read))
    wanted = list(read) if names is None else list(names)
    for name in wanted:
        if name not in read:
            raise InputError(f"VOT: {path}: sequence '{name}' is missing, it has {len(read)} others")
    return read_each((name, read[name]) for name in wanted)


def _read_json(path: Path) -> dict[str, Any]:
    content = read_json_input(path, "VOT annotations")
    if not isinstance(content, dict) or not content or not all(isinstance(v, dict) for v in content.values()):
        raise InputError(f"VOT annotations: {path}: an object of sequences is expected, got {type(content).__name__}")
    return content


def _json_sequence(name: str, content: dict[str, Any], path: Path) -> VotSequence:
    where = f"{path}: {name}"
    rows = content.get("gt", content.get("gt_rect"))
    if not isinstance(rows, list) or not rows:
        raise InputError(f"VOT annotations: {where}: 'gt' is missing or empty, a list of regions is expected")
    given = content.get("tags", content)
    if not isinstance(given, dict):
        raise InputError(f"VOT annotations: {where}: 'tags' is {repr(given)[:40]}, labels by name are expected")
    tags = {tag: _flags(given[tag], len(rows), f"{where}: {tag}") for tag in TAGS if tag in given}
    try:
        regions = Regions.from_rows(rows, where)
    except (TypeError, ValueError, OverflowError) as error:
        raise error if isinstance(error, InputError) else InputError(f"VOT annotations: {where}: {error}") from None
    width, height = _stated_size(content, where) or _known_size(name, regions, where)
    return VotSequence(name, width, height, regions, _all_tags(tags, len(rows)))


def _stated_size(content: dict[str, Any], where: str) -> tuple[int, int] | None:
    """Width and height of the annotation; None in pysot's own files, which have neither."""
    if content.get("width") is None and content.get("height") is None:
        return None
    for key in ("width", "height"):
        value = content.get(key)
        if not isinstance(value, (int, float)) or not 1 <= value <= MOST_PIXELS:
            allowed = f"pixels are expected, at most {MOST_PIXELS:,}"
            raise InputError(f"VOT annotations: {where}: '{key}' is {repr(value)[:40]}, {allowed}")
    return int(content["width"]), int(content["height"])


def _known_size(name: str, regions: Regions, where: str, images: Path | None = None) -> tuple[int, int]:
    """The built-in size of the challenges' images of that name, unless the target is somewhere outside them."""
    size = next((sizes[name] for sizes in map(official_sizes, _YEARS) if name in sizes), None)
    if size is None:
        place = f", and no image to measure at {images}" if images else ""
        raise InputError(
            f"VOT annotations: {where}: 'width' and 'height' are missing, and none are built in for it{place}"
        )
    centers = regions.corners.mean(axis=1)
    if not ((centers >= 0) & (centers <= size)).all():
        raise InputError(
            f"VOT annotations: {where}: 'width' and 'height' are missing, and a target lies outside the "
            f"{size[0]}x{size[1]} pixels of VOT's sequence of that name"
        )
    return size


def _folders(root: Path) -> dict[str, Path]:
    if not is_there(root / "list.txt") and (root / "sequences").is_dir():
        root = root / "sequences"
    if is_there(root / "list.txt"):
        names = read_input_text(root / "list.txt").split()
        for name in names:
            # Results are written under this name.
            if name in (".", "..") or Path(name).name != name or not is_possible(root / name / "groundtruth.txt"):
                raise InputError(f"VOT: {root / 'list.txt'}: got '{name[:60]}', allowed are names of folders beside it")
            if not (root / name / "groundtruth.txt").is_file():
                raise InputError(f"VOT: {root / name / 'groundtruth.txt'} is missing, list.txt names the sequence")
    else:
        names = sorted(folder.parent.name for folder in root.glob("*/groundtruth.txt"))
    if not names:
        raise InputError(f"VOT sequences: {root}: no <sequence>/groundtruth.txt found")
    return {name: root / name for name in names}


def _folder_sequence(name: str, folder: Path) -> VotSequence:
    rows = []
    for number, line in enumerate(read_input_text(folder / "groundtruth.txt", limit=TABLE_LIMIT).splitlines(), 1):
        if line.strip():
            try:
                rows.append([float(value) for value in line.replace(",", " ").split()])
            except ValueError:
                raise InputError(
                    f"{folder / 'groundtruth.txt'}:{number}: got {line[:40]!r}, numbers expected"
                ) from None
    if not rows:
        raise InputError(f"VOT: {folder / 'groundtruth.txt'}: empty, one region a frame is expected")
    regions = Regions.from_rows(rows, str(folder / "groundtruth.txt"))
    about = _properties(folder / "sequence")
    frames = _frames(folder, about.get("channels.color"))
    if frames and len(frames) < len(rows):
        raise InputError(f"VOT: {folder}: {len(frames)} images, {len(rows)} rows in groundtruth.txt")
    tags = {}
    for tag in TAGS:
        for file in (folder / f"{tag}.tag", folder / f"{tag}.label"):
            if is_there(file):
                tags[tag] = _flags("".join(read_input_text(file).split()), len(rows), str(file))
    pattern = folder / about.get("channels.color", "color/%08d.jpg")
    width, height = _measured_size(about, frames, folder) or _known_size(name, regions, str(folder), pattern)
    fps = _positive(about, "fps", folder / "sequence") if "fps" in about else None
    tags = _all_tags(tags, len(rows))
    return VotSequence(name, width, height, regions, tags, tuple(frames[: len(rows)]), fps, pattern)


def _properties(file: Path) -> dict[str, str]:
    if not is_there(file):
        return {}
    pairs = (line.partition("=") for line in read_input_text(file).splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _positive(about: dict[str, str], key: str, file: Path, least: float = 1e-6, most: float = 1e6) -> float:
    try:
        value = float(about[key])
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        allowed = f"a positive number is expected, at most {most:,.0f}"
        raise InputError(f"VOT2018: {file}: {key}: got '{about[key][:40]}', {allowed}")
    return value


def _frames(folder: Path, pattern: str | None) -> list[Path]:
    images = folder / (Path(pattern).parent if pattern else "color")
    return image_files(images if images.is_dir() else folder)


def _measured_size(about: dict[str, str], frames: list[Path], folder: Path) -> tuple[int, int] | None:
    """Width and height from the file `sequence`, else of the first image; None without both."""
    if "width" in about and "height" in about:
        file = folder / "sequence"
        width, height = (_positive(about, key, file, 1, MOST_PIXELS) for key in ("width", "height"))
        return int(width), int(height)
    if not frames:
        return None
    return image_size(frames[0])


def boxes_as_sequence(name: str, boxes: np.ndarray, frames: Sequence[Path]) -> VotSequence:
    """A sequence without tags of (n, 4) boxes x, y, w, h and its images, of which the first says the size.

    Raises:
        InputError: no images, one that cannot be read, or a box that is no region.
    """
    size = _measured_size({}, list(frames), Path())
    if size is None:
        raise InputError(f"VOT: {name}: no images: overlaps are counted in pixels of the image, so its size is needed")
    regions = Regions.from_rows(boxes.tolist(), name)
    return VotSequence(name, *size, regions, _all_tags({}, len(boxes)), tuple(frames))


def _flags(flags: str | Sequence[int], length: int, where: str) -> np.ndarray:
    try:
        text = flags if isinstance(flags, str) else "".join(str(int(flag)) for flag in flags)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"VOT tags: {where}: got {str(flags)[:40]!r}, labels of 0 and 1 are expected") from None
    if set(text) - {"0", "1"} or len(text) > length:
        raise InputError(f"VOT tags: {where}: {len(text)} labels {text[:20]!r}, up to {length} of 0 and 1 expected")
    marked: np.ndarray = np.frombuffer(text.ljust(length, "0").encode(), np.uint8) == ord("1")
    return marked


def _all_tags(given: dict[str, np.ndarray], length: int) -> dict[str, np.ndarray]:
    tags = {tag: given.get(tag, np.zeros(length, bool)) for tag in TAGS}
    tags[EMPTY_TAG] = ~np.any(list(tags.values()), axis=0)
    return tags
