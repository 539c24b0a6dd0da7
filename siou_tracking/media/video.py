"""An overlay video: frames with their boxes, written into an .mp4 or .webm file."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from siou_tracking.media.drawing import draw_boxes
from siou_tracking.media.frames import DEFAULT_FPS

CODECS = {
    ".mp4": (("vp09", "VP9", True), ("avc1", "H.264", True), ("mp4v", "MPEG-4 part 2", False)),
    ".webm": (("VP80", "VP8", True), ("VP90", "VP9", True)),
}
"""Suffix -> (fourcc, name, whether browsers play it), best first: playable, in OpenCV's wheels, quick to encode.

MP4 cannot hold VP8, which takes a third of VP9's time; long videos are better saved as .webm."""


@functools.cache
def _choose_codec(suffix: str) -> tuple[str, str, bool]:
    """The first codec for the suffix that this OpenCV can encode."""
    import cv2

    for fourcc, name, playable in CODECS[suffix]:
        with tempfile.TemporaryDirectory() as folder:
            trial = cv2.VideoWriter(
                str(Path(folder, f"trial{suffix}")), cv2.VideoWriter.fourcc(*fourcc), DEFAULT_FPS, (64, 64)
            )
            works = trial.isOpened()
            trial.release()
        if works:
            return fourcc, name, playable
    raise InputError(f"video: {suffix}: this OpenCV encodes none of {', '.join(row[1] for row in CODECS[suffix])}")


def overlay_codec(suffix: str = ".mp4") -> tuple[str, bool]:
    """Name of the codec that `write_overlay_video` will use, and whether browsers play it."""
    return _choose_codec(check_video_suffix(suffix))[1:]


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

    fourcc = cv2.VideoWriter.fourcc(*_choose_codec(check_video_suffix(path))[0])
    with atomic_path(path) as temporary:
        writer, size = None, (0, 0)
        try:
            for frame, boxes in pictures:
                picture = draw_boxes(frame, boxes)
                if writer is None:
                    size = tuple(side + side % 2 for side in picture.shape[1::-1])
                    writer = cv2.VideoWriter(str(temporary), fourcc, fps, size)
                writer.write(cv2.cvtColor(_fit_picture(picture, *size), cv2.COLOR_RGB2BGR))
        finally:
            if writer is not None:
                writer.release()
        if writer is None:
            raise InputError(f"video: {path}: got no frame to write, allowed is at least one")
    return Path(path)


def keep_times(
    pictures: Iterable[tuple[float, np.ndarray]], fps: float, start: float | None = None
) -> Iterator[np.ndarray]:
    """Pictures as often as a steady rate needs them: each stays until the next is due and is shown at least once.

    Args:
        pictures: time in seconds and picture, in order.
        fps: frames a second.
        start: time at which the video begins, filled with the first picture; None for that picture's own.
    """
    shown = None if start is None else round(start * fps)
    before: np.ndarray | None = None
    for time, picture in pictures:
        due = round(time * fps)
        shown = due if shown is None else shown
        for _ in range(shown, due):
            yield picture if before is None else before
        yield picture
        shown, before = max(shown, due) + 1, picture


def _fit_picture(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture scaled to fit and padded on the right and at the bottom with black."""
    import cv2

    rows, columns = picture.shape[:2]
    # sides were rounded up to even numbers, so one missing pixel is padding, not a reason to resample
    if not (0 <= height - rows <= 1 and 0 <= width - columns <= 1):
        scale = min(width / columns, height / rows)
        columns, rows = max(round(columns * scale), 1), max(round(rows * scale), 1)
        picture = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.pad(picture, ((0, height - rows), (0, width - columns), (0, 0)))
