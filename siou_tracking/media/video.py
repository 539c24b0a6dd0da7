"""Frames out of a video file or an image folder, and an overlay video into a file."""

from __future__ import annotations

import functools
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from siou_tracking.media.drawing import draw_boxes

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png")
DEFAULT_FPS = 25.0
CODECS = {
    ".mp4": (("vp09", "VP9", True), ("avc1", "H.264", True), ("mp4v", "MPEG-4 part 2", False)),
    ".webm": (("VP80", "VP8", True), ("VP90", "VP9", True)),
}
"""Suffix -> (fourcc, name, whether browsers play it), best first: playable, in OpenCV's wheels, quick to encode.

MP4 cannot hold VP8, which takes a third of VP9's time; long videos are better saved as .webm."""


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
        capture = self._open()
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

        capture, decoded = self._open(), 0
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
            print(f"video: {self.path}: {decoded} of the {self._count} frames announced were there", file=sys.stderr)

    def _open(self):
        import cv2

        # the decoders' own lines would stand beside the one error below
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


@functools.cache
def _codec(suffix: str) -> tuple[str, str, bool]:
    """The first codec for the suffix that this OpenCV can encode."""
    import cv2

    for fourcc, name, playable in CODECS[suffix]:
        with tempfile.TemporaryDirectory() as folder:
            trial = cv2.VideoWriter(
                str(Path(folder, f"trial{suffix}")), cv2.VideoWriter_fourcc(*fourcc), DEFAULT_FPS, (64, 64)
            )
            works = trial.isOpened()
            trial.release()
        if works:
            return fourcc, name, playable
    raise InputError(f"video: {suffix}: this OpenCV encodes none of {', '.join(row[1] for row in CODECS[suffix])}")


def overlay_codec(suffix: str = ".mp4") -> tuple[str, bool]:
    """Name of the codec that `write_overlay_video` will use, and whether browsers play it."""
    return _codec(check_video_suffix(suffix))[1:]


def check_video_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a video to be written.

    Raises:
        InputError: it is not one of `CODECS`.
    """
    text = os.fspath(path)
    suffix = Path(text if not text.startswith(".") or "/" in text else f"x{text}").suffix.lower()
    if suffix not in CODECS:
        raise InputError(f"video: {text}: got suffix '{suffix}', allowed are {', '.join(sorted(CODECS))}")
    return suffix


def write_overlay_video(
    path: str | os.PathLike[str],
    pictures: Iterable[tuple[np.ndarray, Mapping[str, Sequence[float]]]],
    fps: float = DEFAULT_FPS,
) -> Path:
    """Write frames with their boxes; the file appears only once it is complete.

    Args:
        path: ends in .mp4 or .webm.
        pictures: (frame, boxes) as `drawing.draw_boxes` takes them. The first frame sets the size of the video, later
            frames of another size are scaled to fit.
        fps: frames a second.

    Raises:
        InputError: another suffix, no encoder, or no picture.
    """
    import cv2

    fourcc = cv2.VideoWriter_fourcc(*_codec(check_video_suffix(path))[0])
    with atomic_path(path) as temporary:
        writer, size = None, (0, 0)
        try:
            for frame, boxes in pictures:
                picture = draw_boxes(frame, boxes)
                if writer is None:
                    size = tuple(side + side % 2 for side in picture.shape[1::-1])
                    writer = cv2.VideoWriter(str(temporary), fourcc, fps, size)
                writer.write(cv2.cvtColor(_fit(picture, *size), cv2.COLOR_RGB2BGR))
        finally:
            if writer is not None:
                writer.release()
        if writer is None:
            raise InputError(f"video: {path}: got no frame to write, allowed is at least one")
    return Path(path)


def _fit(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture scaled to fit and padded on the right and at the bottom with black."""
    import cv2

    rows, columns = picture.shape[:2]
    # sides were rounded up to even numbers, so one missing pixel is padding, not a reason to resample
    if not (0 <= height - rows <= 1 and 0 <= width - columns <= 1):
        scale = min(width / columns, height / rows)
        columns, rows = max(round(columns * scale), 1), max(round(rows * scale), 1)
        picture = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.pad(picture, ((0, height - rows), (0, width - columns), (0, 0)))
