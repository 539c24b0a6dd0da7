"""What can be tracked: MOTChallenge sequences, and videos and folders of pictures as sequences made in memory."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from siou_tracking.errors import InputError
from siou_tracking.media.file_names import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from siou_tracking.media.frames import DEFAULT_FPS, Frame, ImageFolder
from siou_tracking.media.sources import open_frames
from siou_tracking.media.video_file import VideoFile
from siou_tracking.mot.data.sequences import (
    INFO,
    Reader,
    SequenceInfo,
    folder_name,
    list_folders,
    match_names,
    read_sequence,
)
from siou_tracking.wording import listed

IMAGE_FOLDER = "img1"


@dataclasses.dataclass(frozen=True)
class OwnSequence(SequenceInfo):
    """A video or a folder of pictures; `length` is what the container tells, and no result is measured by it."""

    any_order: ClassVar[bool] = False
    source: ImageFolder | VideoFile | None = None
    holes: list[str] = dataclasses.field(default_factory=list)
    """Why frames had no picture when they were last read."""

    @property
    def path(self) -> Path:
        """The video or the folder."""
        assert self.source is not None
        return self.source.path if isinstance(self.source, VideoFile) else self.source.folder

    def readers(self) -> Iterator[Reader]:
        """The same reader again and again, which gives the next frame; one that cannot be read has no picture."""
        assert self.source is not None
        self.holes.clear()
        frames = self.source.read()

        def read() -> Frame | None:
            frame = next(frames, None)
            if frame is not None and frame.picture is None:
                self.holes.append(frame.problem)
            return frame

        return itertools.repeat(read)

    def notes(self) -> list[str]:
        """What to know about the pictures, once they were read."""
        assert self.source is not None
        notes = self.source.notes()
        if isinstance(self.source, ImageFolder):
            notes.append(f"{self.path}: has no frame rate, {DEFAULT_FPS:g} frames/s are taken")
        if self.holes:
            more = f", and {len(self.holes) - 1} more" if len(self.holes) > 1 else ""
            notes.append(f"{self.name}: {len(self.holes)} frames have no picture, so no boxes: {self.holes[0]}{more}")
        return notes


def known_length(sequence: SequenceInfo) -> int | None:
    """Frames that no result exceeds; None for a video, whose container may tell too few."""
    return None if isinstance(sequence, OwnSequence) else sequence.length


def find_footage(root: str | os.PathLike[str], names: Iterable[str] | None = None) -> list[SequenceInfo]:
    """Everything to track under a path, by name.

    Args:
        root: MOTChallenge sequences or one of them; a video; a folder of pictures; or a folder of videos and of such
            folders. A sequence without a seqinfo.ini is its folder img1 of pictures.
        names: of those that are wanted, or patterns such as "*-FRCNN"; None for all.

    Raises:
        InputError: nothing to track, something that cannot be read, two of one name, or an unknown name.
    """
    root = Path(root)
    paths = _list_footage(root)
    known: dict[str, Path] = {}
    for path in paths:
        name = folder_name(path) if path.is_dir() else path.stem
        if name in known:
            raise InputError(f"{root}: {known[name].name} and {path.name} have one name, results need two")
        known[name] = path
    wanted = list(known) if names is None else match_names(names, known, root)
    return [_open(name, known[name]) for name in wanted]


def _list_footage(root: Path) -> list[Path]:
    if not root.is_dir():
        return [root]
    if (root / IMAGE_FOLDER).is_dir() or (folders := list_folders(root)) == {folder_name(root): root}:
        return [root]
    if folders:
        return list(folders.values())
    if _has_pictures(root):
        return [root]
    entries = sorted(path for path in root.iterdir() if not path.name.startswith("."))
    found = [path for path in entries if (_has_pictures(path) if path.is_dir() else _is_video(path))]
    if not found:
        inside = listed([path.name for path in entries]) or "nothing"
        allowed = f"MOTChallenge sequences (folders with a {INFO}), a video, or a folder of pictures or videos"
        raise InputError(f"{root}: nothing to track: got {inside}, allowed are {allowed}")
    return found


def _has_pictures(folder: Path) -> bool:
    return any(
        path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
        for path in folder.iterdir()
    )


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES


def _open(name: str, path: Path) -> SequenceInfo:
    pictures = path / IMAGE_FOLDER
    bare = path.is_dir() and not pictures.is_dir() and not _has_pictures(path)
    if bare or (path / INFO).is_file():
        return read_sequence(path)  # which also tells what is missing
    source = open_frames(pictures if pictures.is_dir() else path)
    return OwnSequence(name, path, source.fps, len(source), 0, 0, source=source)
