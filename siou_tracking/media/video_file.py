"""The frames of a video file, those that do not decode in their places."""

from __future__ import annotations

import bisect
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.media.frame_times import GIVE_UP_AFTER, read_frame_times
from siou_tracking.media.frames import DEFAULT_FPS, Frame
from siou_tracking.media.pictures import is_picture, quiet_opencv
from siou_tracking.untrusted.picture_size import MOST_PIXELS
from siou_tracking.untrusted.reading import open_regular

if TYPE_CHECKING:
    import cv2

_OUT_OF_ORDER = 8
_QUICKEST = 60.0  # frames/s of an overlay of a variable rate, whose slow parts are repeated pictures
_Decoded = tuple[float, int, np.ndarray]
"""Seconds on the decoder's clock, how often reading has failed by then, and the picture."""


class VideoFile:
    """The frames of a video, decoded one at a time; iterate it as often as needed."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        import cv2

        self.path = Path(path)
        _check_is_video(self.path)
        capture = self._open_capture()
        width, height = (int(capture.get(of)) for of in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        fps = capture.get(cv2.CAP_PROP_FPS)
        capture.release()
        if width * height > MOST_PIXELS:
            got = f"got {width:,} x {height:,} pixels, allowed are {MOST_PIXELS:,} in all"
            raise InputError(f"video: {self.path}: {got}")
        self._times = read_frame_times(self.path)
        self.fps = self._choose_fps(float(fps) if 0 < fps <= 1000 else DEFAULT_FPS)
        if next(iter(self), None) is None:
            raise InputError(f"video: {self.path}: got no frame, allowed are videos that OpenCV decodes")

    def __len__(self) -> int:
        """Frames in the file, those that do not decode too, as far as the container tells."""
        return self._times.count

    def __iter__(self) -> Iterator[np.ndarray]:
        """The pictures of the frames that decode."""
        return (frame.picture for frame in self.read() if frame.picture is not None)

    def read(self) -> Iterator[Frame]:
        """Every frame that the file holds in turn, also one that does not decode."""
        seconds, place, failed, holes = self._times.seconds, 0, 0, 0
        start = -1
        for time, failed, picture in self._in_order(self._decode()):
            found = self._find_place(time, place, failed)
            if start < 0:
                # Recordings begin behind a key frame, and some clocks late: unless something failed, it is the first.
                start = place = 0 if failed or self._times.damaged else found
            yield from (self._hole(at, start) for at in range(place, found))
            yield Frame(picture, self._time_of(found, start))
            place, holes = found + 1, holes + found - place
        missing = max(len(seconds) - place, 0)
        if not self._times.complete:
            missing = min(missing, max(failed - holes, 0))
        yield from (self._hole(at, start) for at in range(place, place + missing))

    def notes(self) -> list[str]:
        """What to know about the file, a sentence each."""
        times = self._times
        if not times.varies:
            if times.announced <= 1.02 * times.count + 2:
                return []
            return [
                f"{self.path}: announces {times.announced} frames and holds {times.count}: it starts late, or its end "
                "is lost"
            ]
        steps = 1000 * np.diff(times.seconds)
        return [
            f"{self.path}: its frame rate varies, frames are {steps.min():.0f} to {steps.max():.0f} ms apart; an "
            f"overlay keeps their times at {self.fps:.4g} frames/s by repeating pictures"
        ]

    def _decode(self) -> Iterator[_Decoded]:
        import cv2

        capture, failures, in_a_row, decoded, time = self._open_capture(), 0, 0, 0, 0.0
        try:
            while in_a_row <= max(len(self) - decoded, 0) + GIVE_UP_AFTER:
                readable, frame = capture.read()
                if not readable:
                    in_a_row += 1
                    continue
                failures, in_a_row, decoded = failures + in_a_row, 0, decoded + 1
                told = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                # a frame without a time of its own is told to be at the beginning
                time = told if told > 0 or decoded == 1 else time + 1 / self.fps
                yield time, failures, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        finally:
            capture.release()

    def _in_order(self, decoded: Iterator[_Decoded]) -> Iterator[_Decoded]:
        """What was decoded by time: behind damage, decoders give frames out of order."""
        waiting: list[_Decoded] = []
        latest = -math.inf
        for item in decoded:
            reach = _OUT_OF_ORDER if len(self._times.seconds) and (self._times.damaged or item[1]) else 0
            if reach and item[0] <= latest:
                continue  # its place has passed
            bisect.insort(waiting, item, key=lambda entry: entry[0])
            if len(waiting) > reach:
                latest = waiting[0][0]
                yield waiting.pop(0)
        yield from waiting

    def _find_place(self, time: float, place: int, failed: int) -> int:
        """The index of the frame that is shown at `time`, at least `place`."""
        times = self._times
        if place >= len(times.seconds) or not (times.complete or failed):
            return place
        return place + int(np.abs(times.seconds[place:] - time).argmin())

    def _hole(self, place: int, start: int) -> Frame:
        problem = f"video: {self.path}: frame {place - start + 1}: does not decode"
        return Frame(None, self._time_of(place, start), problem=problem)

    def _time_of(self, place: int, start: int) -> float:
        """Seconds from the frame at `start` to the one at `place`, which may be one too many for the table."""
        seconds = self._times.seconds
        inside = min(place, max(len(seconds) - 1, 0))
        told = float(seconds[inside] - seconds[start]) if len(seconds) else -start / self.fps
        return told + (place - inside) / self.fps

    def _choose_fps(self, announced: float) -> float:
        """Frames a second of an overlay: what the file says, unless most of its frames come at another rate.

        Where the rate varies it is that of the quickest tenth: frames that come quicker than it would be shown late.
        """
        steps = np.diff(self._times.seconds)
        if not len(steps):
            return announced
        if self._times.varies:
            return min(1 / max(float(np.quantile(steps, 0.1)), 1e-3), _QUICKEST)
        step = float(np.median(steps))
        return announced if step <= 0.001 or abs(step * announced - 1) < 0.02 else 1 / step

    def _open_capture(self) -> cv2.VideoCapture:
        import cv2

        with quiet_opencv():
            capture = cv2.VideoCapture(str(self.path))
        if not capture.isOpened():
            raise InputError(f"video: {self.path}: cannot be opened, allowed are videos that OpenCV decodes")
        return capture


def _check_is_video(path: Path) -> None:
    """Refuse what decoders take for a video of one frame, or of letters, and what makes them open other files.

    Raises:
        InputError: a text, a play list or a picture.
    """
    try:
        with open_regular(path) as file:
            head = file.read(4096)
    except OSError as error:
        raise InputError(f"video: {path}: cannot be read: {error.strerror}") from error
    if head.startswith((b"#EXTM3U", b"ffconcat")):
        raise InputError(f"video: {path}: got a play list, allowed are videos that it names, one at a time")
    if _is_text(head):
        raise InputError(f"video: {path}: got a text file, allowed are videos that OpenCV decodes")
    if is_picture(path) and not head.startswith(b"GIF8"):
        raise InputError(
            f"video: {path}: got a picture, allowed are a video or a folder of pictures; "
            f"did you mean '{path.absolute().parent}'?"
        )


def _is_text(head: bytes) -> bool:
    """Whether a file that begins so is read by people."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    letters = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(32, 256)) - {127})
    return not head.translate(None, letters) and not head.startswith(b"YUV4MPEG2")
