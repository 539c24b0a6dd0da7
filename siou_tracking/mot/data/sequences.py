"""Sequences as MOTChallenge lays them out: a folder with seqinfo.ini, images, ground truth and detections."""

from __future__ import annotations

import configparser
import dataclasses
import fnmatch
import os
from collections.abc import Iterable
from pathlib import Path

from siou_tracking.errors import InputError, unknown_name

INFO = "seqinfo.ini"


@dataclasses.dataclass(frozen=True)
class SequenceInfo:
    """One sequence.

    Attributes:
        name: of the folder; result files are named after it.
        folder: holds seqinfo.ini, and gt/gt.txt, det/det.txt and the images where they are at hand.
        frame_rate: frames a second.
        length: frames.
        width, height: of the images, pixels.
        image_dir: folder of the images inside `folder`.
        image_ext: their suffix, such as ".jpg".
        digits: of the images' numbers; MOTChallenge has 6, DanceTrack 8.
    """

    name: str
    folder: Path
    frame_rate: float
    length: int
    width: int
    height: int
    image_dir: str = "img1"
    image_ext: str = ".jpg"
    digits: int = 6

    def image_path(self, frame: int) -> Path:
        """The image of a frame, counted from 1."""
        return self.folder / self.image_dir / f"{frame:0{self.digits}d}{self.image_ext}"

    @property
    def truth_path(self) -> Path:
        return self.folder / "gt" / "gt.txt"

    @property
    def detections_path(self) -> Path:
        return self.folder / "det" / "det.txt"


def read_sequence(folder: str | os.PathLike[str]) -> SequenceInfo:
    """Read seqinfo.ini; where images are there, compare their number with it.

    Raises:
        InputError: no seqinfo.ini, a key that is missing or no positive number, or images that do not run from 1 to
            seqLength.
    """
    folder = Path(folder)
    path = folder / INFO
    values = _read_ini(path)
    info = SequenceInfo(
        _name(folder),
        folder,
        _number(values, path, "frameRate", float),
        int(_number(values, path, "seqLength", int)),
        int(_number(values, path, "imWidth", int)),
        int(_number(values, path, "imHeight", int)),
        values.get("imdir") or "img1",
        values.get("imext") or ".jpg",
    )
    return _with_images(info, path)


def read_length(folder: str | os.PathLike[str]) -> int | None:
    """Frames of a sequence by its seqinfo.ini, of which nothing else is demanded; None where nothing tells them.

    Raises:
        InputError: a seqinfo.ini that cannot be read, or a seqLength that is no positive number.
    """
    path = Path(folder) / INFO
    if not path.is_file():
        return None
    values = _read_ini(path)
    return int(_number(values, path, "seqLength", int)) if "seqlength" in values else None


def read_width(folder: str | os.PathLike[str]) -> int | None:
    """Width of a sequence's images in pixels, where its seqinfo.ini tells a usable one."""
    path = Path(folder) / INFO
    try:
        return int(_number(_read_ini(path), path, "imWidth", int))
    except InputError:
        return None


def find_sequences(root: str | os.PathLike[str], names: Iterable[str] | None = None) -> list[SequenceInfo]:
    """Every sequence of a split folder such as MOT16/train, by name; or the one that `root` itself is.

    Args:
        root: the folder.
        names: of the sequences that are wanted, or patterns such as "*-FRCNN"; None for all.

    Raises:
        InputError: no such folder, no sequence in it, one without a readable seqinfo.ini, or an unknown name.
    """
    return [read_sequence(folder) for folder in find_folders(root, names).values()]


def find_folders(root: str | os.PathLike[str], names: Iterable[str] | None = None) -> dict[str, Path]:
    """Name -> folder of the sequences that `find_sequences` reads, also of those without a seqinfo.ini.

    Raises:
        InputError: no such folder, no sequence in it, or an unknown name.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder, a folder of MOTChallenge sequences is expected")
    itself = (root / INFO).is_file() or (root / "gt" / "gt.txt").is_file()
    folders = [root] if itself else sorted(folder for folder in root.iterdir() if _is_sequence(folder))
    if not folders:
        inside = ", ".join(sorted(entry.name for entry in root.iterdir() if entry.is_dir())[:5]) or "no folders"
        raise InputError(f"{root}: no sequence: got {inside}, folders that hold a {INFO} are expected")
    known = {_name(folder): folder for folder in folders}
    wanted = list(known) if names is None else _match_names(names, known, root)
    return {name: known[name] for name in wanted}


def _match_names(wanted: Iterable[str], known: Iterable[str], root: Path) -> list[str]:
    """Each name once, in the order asked for; a pattern stands for all that it matches."""
    names = list(known)
    matched: dict[str, None] = {}
    for name in wanted:
        found = [name] if name in names else fnmatch.filter(names, name)
        if not found:
            raise unknown_name(f"sequence in {root}", name, names)
        matched.update(dict.fromkeys(found))
    return list(matched)


def _number(values: dict[str, str], path: Path, key: str, kind: type[int] | type[float]) -> float:
    """A positive number of seqinfo.ini.

    Raises:
        InputError: it is missing, or something else.
    """
    text = values.get(key.lower())
    if text is None:
        raise InputError(f"{path}: no key {key} in [Sequence], got {', '.join(values) or 'none'}")
    try:
        value = kind(text)
    except ValueError:
        value = kind(0)
    if not 0 < value < 1e9:
        raise InputError(f"{path}: {key}: got {text!r}, allowed is a positive number")
    return value


def _name(folder: Path) -> str:
    """Also of `.` and `..`; of a link it is the link's own."""
    return folder.resolve().name if folder.name in ("", "..") else folder.name


def _is_sequence(folder: Path) -> bool:
    """Also a folder that lost its seqinfo.ini: an error tells of it, a smaller data set would not."""
    inside = (INFO, "gt", "det", "img1")
    return folder.is_dir() and not folder.name.startswith(".") and any((folder / name).exists() for name in inside)


def _read_ini(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise InputError(f"{path}: no such file, a sequence of MOTChallenge has one")
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"), str(path))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable ini file: {str(error).splitlines()[0]}") from error
    section = next((name for name in parser.sections() if name.lower() == "sequence"), None)
    if section is None:
        got = ", ".join(f"[{name}]" for name in parser.sections()) or "no section"
        raise InputError(f"{path}: got {got}, a section [Sequence] is expected")
    return {key: value.strip() for key, value in parser[section].items()}


def _with_images(info: SequenceInfo, path: Path) -> SequenceInfo:
    """Take the images' digits from their names, and refuse a seqLength that is not theirs."""
    folder = info.folder / info.image_dir
    if not folder.is_dir():
        return info
    files = [file.name for file in os.scandir(folder)]
    if not files:
        return info
    stems = [name[: -len(info.image_ext)] for name in files if name.endswith(info.image_ext)]
    numbered = [stem for stem in stems if stem.isdecimal() and stem.isascii()]
    if len(numbered) != info.length:
        what = f"seqLength is {info.length}, but {folder} has {len(numbered)} images *{info.image_ext}"
        raise InputError(f"{path}: {what}; they must be equal")
    info = dataclasses.replace(info, digits=len(max(numbered, key=len)))
    there = set(numbered)
    for frame in range(1, info.length + 1):
        if f"{frame:0{info.digits}d}" not in there:
            raise InputError(f"{info.image_path(frame)}: no such image, frames 1 to {info.length} are expected")
    return info
