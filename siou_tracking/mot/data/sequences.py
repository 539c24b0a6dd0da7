"""Sequences as MOTChallenge lays them out: a folder with seqinfo.ini, images, ground truth and detections."""

from __future__ import annotations

import configparser
import dataclasses
import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.data.image_files import match_images
from siou_tracking.untrusted.reading import NOTE_LIMIT, is_there, read_input
from siou_tracking.wording import listed

if TYPE_CHECKING:
    from siou_tracking.media.frames import Frame

INFO = "seqinfo.ini"
_MOST = 1_000_000
"""Of what seqinfo.ini says: frames, of eleven hours at 25 frames/s, frames a second, pixels of a side."""
Reader: TypeAlias = "Callable[[], Frame | None]"
"""Reads a frame; None: there is none any more."""


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
        files: names of the images in order, where they are not such numbers; else empty.
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
    files: tuple[str, ...] = ()
    any_order: ClassVar[bool] = True
    """Whether `readers` may be called in any order, in threads."""

    def image_path(self, frame: int) -> Path:
        """The image of a frame, counted from 1."""
        name = self.files[frame - 1] if self.files else f"{frame:0{self.digits}d}{self.image_ext}"
        return self.folder / self.image_dir / name

    def readers(self) -> Iterator[Reader]:
        """What reads each frame in turn, until one gives None or there are no more; each raises `InputError`."""
        for frame in range(1, self.length + 1):
            yield partial(self._read, frame)

    def read(self) -> Iterator[Frame]:
        """The frames one after another."""
        for reader in self.readers():
            frame = reader()
            if frame is None:
                return
            yield frame

    def _read(self, frame: int) -> Frame:
        from siou_tracking.ltr.data.image_loader import default_image_loader  # with torch; scoring reads no image
        from siou_tracking.media.frames import Frame

        path = self.image_path(frame)
        return Frame(default_image_loader(path), (frame - 1) / self.frame_rate, path.name)

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
        folder_name(folder),
        folder,
        _number(values, path, "frameRate", float),
        int(_number(values, path, "seqLength", int)),
        int(_number(values, path, "imWidth", int)),
        int(_number(values, path, "imHeight", int)),
        values.get("imdir") or "img1",
        values.get("imext") or ".jpg",
    )
    digits, files = match_images(folder / info.image_dir, info.image_ext, info.length, path)
    return dataclasses.replace(info, digits=digits, files=files)


def read_length(folder: str | os.PathLike[str]) -> int | None:
    """Frames of a sequence by its seqinfo.ini, of which nothing else is demanded; None where nothing tells them.

    Raises:
        InputError: a seqinfo.ini that cannot be read, or a seqLength that is no positive number.
    """
    path = Path(folder) / INFO
    if not is_there(path):
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
    known = list_folders(root)
    if not known:
        inside = listed(sorted(entry.name for entry in root.iterdir() if entry.is_dir())) or "no folders"
        raise InputError(f"{root}: no sequence: got {inside}, folders that hold a {INFO} are expected")
    wanted = list(known) if names is None else match_names(names, known, root)
    return {name: known[name] for name in wanted}


def list_folders(root: Path) -> dict[str, Path]:
    """As `find_folders`, without names; empty where a folder has no sequence."""
    itself = (root / INFO).is_file() or (root / "gt" / "gt.txt").is_file()
    folders = [root] if itself else sorted(folder for folder in root.iterdir() if _is_sequence(folder))
    return {folder_name(folder): folder for folder in folders}


def match_names(wanted: Iterable[str], known: Iterable[str], root: Path) -> list[str]:
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
    if not 0 < value <= _MOST:
        raise InputError(f"{path}: {key}: got {text[:40]!r}, allowed is a positive number of at most {_MOST:,}")
    return value


def folder_name(folder: Path) -> str:
    """What a sequence in a folder is called, also in `.` and `..`; of a link it is the link's own."""
    return folder.resolve().name if folder.name in ("", "..") else folder.name


def _is_sequence(folder: Path) -> bool:
    """Also a folder that lost its seqinfo.ini: an error tells of it, a smaller data set would not."""
    inside = (INFO, "gt", "det", "img1")
    return folder.is_dir() and not folder.name.startswith(".") and any((folder / name).exists() for name in inside)


def _read_ini(path: Path) -> dict[str, str]:
    if not is_there(path):
        raise InputError(f"{path}: no such file, a sequence of MOTChallenge has one")
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        text = read_input(path, limit=NOTE_LIMIT).decode("utf-8-sig")
        parser.read_string(text.replace("\r\n", "\n").replace("\r", "\n"), str(path))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable ini file: {str(error).splitlines()[0]}") from error
    section = next((name for name in parser.sections() if name.lower() == "sequence"), None)
    if section is None:
        got = ", ".join(f"[{name}]" for name in parser.sections()) or "no section"
        raise InputError(f"{path}: got {got}, a section [Sequence] is expected")
    return {key: value.strip() for key, value in parser[section].items()}
