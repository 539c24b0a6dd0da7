"""Frames out of an image folder or a video file, read one at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger

if TYPE_CHECKING:
    import cv2

logger = get_logger(__name__)

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png")
DEFAULT_FPS = 25.0


class ImageFolder:
    """The images of a folder in natural order (2 before 10), read one at a time; iterate it as often as needed."""

    fps = DEFAULT_FPS

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        files = [path for path in self.folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
        self.files = sorted(files, key=lambda path: natural_key(path.name))
        if not self.files:
            allowed = ", ".join(IMAGE_SUFFIXES)
            below = [name for name in ("img", "color") if (self.folder / name).is_dir()]
            hint = f"; did you mean '{self.folder / below[0]}'?" if below else ""
            raise InputError(f"frames: {self.folder}: got no image, allowed are files ending in {allowed}{hint}")

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[np.ndarray]:
        from siou_tracking.ltr.data.image_loader import default_image_loader

        return map(default_image_loader, self.files)


class VideoFile:
    """The frames of a video, decoded one at a time; iterate it as often as needed."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        import cv2

        self.path = Path(path)
        capture = self._open_capture()
        self._count = max(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = float(fps) if 0 < fps <= 1000 else DEFAULT_FPS
        readable, _ = capture.read()
        capture.release()
        if not readable:
            raise InputError(f"video: {self.path}: got no frame, allowed are videos that OpenCV decodes")

    def __len__(self) -> int:
        """What the container says; some containers only estimate it."""
        return self._count

    def __iter__(self) -> Iterator[np.ndarray]:
        import cv2

        capture, decoded = self._open_capture(), 0
        try:
            while True:
                readable, frame = capture.read()
                if not readable:
                    break
                decoded += 1
                yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        finally:
            capture.release()
        if decoded < self._count:
            logger.warning(f"video: {self.path}: {decoded} of the {self._count} frames announced were there")

    def _open_capture(self) -> cv2.VideoCapture:
        import cv2

        # The decoders' own lines would stand beside the one error below; a level that the user has set counts.
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        log = cv2.utils.logging
        level = log.setLogLevel(log.LOG_LEVEL_SILENT)
        try:
            capture = cv2.VideoCapture(str(self.path))
        finally:
            log.setLogLevel(level)
        if not capture.isOpened():
            raise InputError(f"video: {self.path}: cannot be opened, allowed are videos that OpenCV decodes")
        return capture


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sorting key by which 'frame2' comes before 'frame10'."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def open_frames(source: str | os.PathLike[str]) -> ImageFolder | VideoFile:
    """The frames of `source`, an image folder or a video file, as (H, W, 3) uint8 RGB.

    Raises:
        InputError: nothing there, a folder without images, or a file that is no video. A broken image raises when its
            turn comes and is named.
    """
    path = Path(source)
    if path.is_dir():
        return ImageFolder(path)
    if not path.is_file():
        raise InputError(f"frames: {path}: not found, allowed are a video file or a folder of images")
    return VideoFile(path)
