"""What frames come out of: a folder of pictures, a pattern, a video file, a camera or a stream."""

from __future__ import annotations

import os
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.media.frames import ImageFiles, ImageFolder
from siou_tracking.media.live import LiveFrames, live_source, without_password
from siou_tracking.media.patterns import is_pattern, match_pictures
from siou_tracking.media.video_file import VideoFile

Source = ImageFiles | VideoFile | LiveFrames


def open_source(source: str | os.PathLike[str]) -> Source:
    """The frames of whatever can be tracked.

    Args:
        source: what `open_frames` takes; else a pattern of pictures ('frames/*.png'), the index of a camera ('0') or
            the address of a stream ('rtsp://...', 'http://...'). A file or folder of that name comes first.

    Raises:
        InputError: nothing there, or nothing that can be read.
    """
    check_source(source)
    text = os.fspath(source)
    if not os.path.lexists(text):
        live = live_source(text)
        return match_pictures(text) if live is None else LiveFrames(live)
    elif text.startswith("/dev/video") and (live := live_source(text)) is not None:
        return LiveFrames(live)
    return open_frames(source)


def check_source(source: str | os.PathLike[str]) -> None:
    """Refuse what is not there; nothing is opened, so that no camera begins before there is a tracker.

    Raises:
        InputError: no file, folder, camera or address, or a pattern that no picture fits.
    """
    text = os.fspath(source)
    if os.path.lexists(text) or live_source(text) is not None:
        return
    if not is_pattern(text):
        kinds = "a video, a folder of pictures, a pattern in quotes, the index of a camera or the address of a stream"
        raise InputError(f"frames: {text}: not found, allowed are {kinds}")
    match_pictures(text)


def is_live(frames: Source) -> bool:
    """Whether frames come at their own times, also while a tracker works, without an end that is known."""
    return isinstance(frames, LiveFrames) and not len(frames)


def source_name(source: str | os.PathLike[str]) -> str:
    """The source as it may be shown and written."""
    return without_password(os.fspath(source))


def source_places(source: str | os.PathLike[str]) -> list[Path]:
    """The folders and files that a source is read from and no output may replace; none for a camera or a stream."""
    text = os.fspath(source)
    if os.path.lexists(text):
        return [Path(text)]
    if live_source(text) is None and is_pattern(text):
        return sorted({path.parent for path in match_pictures(text).files})
    return []


def open_frames(source: str | os.PathLike[str]) -> ImageFolder | VideoFile:
    """The frames of `source`, an image folder or a video file, as (H, W, 3) uint8 RGB.

    Raises:
        InputError: nothing there, a folder without images, or a file that is no video.
    """
    path = Path(source)
    if path.is_dir():
        return ImageFolder(path)
    if not path.exists():
        raise InputError(f"frames: {path}: not found, allowed are a video file or a folder of images")
    return VideoFile(path)
