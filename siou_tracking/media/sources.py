"""What frames come out of: a folder of pictures or a video file."""

from __future__ import annotations

import os
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.media.frames import ImageFolder
from siou_tracking.media.video_file import VideoFile


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
