"""The frames of a camera or of a stream's address as they come, without ever waiting for a dead one."""

from __future__ import annotations

import queue
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from siou_tracking.errors import InputError
from siou_tracking.media.frame_times import MOST_FRAMES
from siou_tracking.media.frames import DEFAULT_FPS, Frame
from siou_tracking.media.pictures import quiet_opencv
from siou_tracking.untrusted.picture_size import MOST_PIXELS

if TYPE_CHECKING:
    import cv2
    import numpy as np

PATIENCE = 10.0
"""Seconds without a frame after which a source counts as dead."""
_RETRIES = 5
"""Failures in a row, far shorter than the patience, after which a source counts as ended."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://.+")
_CAMERA = re.compile(r"(?:/dev/video)?(0|[1-9]\d{0,2})")
_QUICKEST = 240.0  # frames/s; what a stream says beyond is the clock of its packets


def live_source(source: str) -> int | str | None:
    """The index of a camera ('0', '/dev/video0') or the address of a stream (SCHEME://...); None for anything else."""
    if camera := _CAMERA.fullmatch(source):
        return int(camera[1])
    return source if _ADDRESS.fullmatch(source) else None


def without_password(address: str) -> str:
    """The address as it may be shown and written: without name and password."""
    return re.sub(r"(?<=://)[^/?#]*@", "", address)


class LiveFrames:
    """A camera or a stream; read it once.

    Frames are read by a thread. Of a live source only the latest one waits, so what comes while a tracker works is
    passed by and neither delay nor memory grows; of a recording at an address, which tells its length, none is.

    Raises:
        InputError: it cannot be opened, or no frame comes in time.
    """

    def __init__(self, source: int | str, patience: float = PATIENCE) -> None:
        self.place = f"camera {source}" if isinstance(source, int) else without_password(source)
        self.fps = DEFAULT_FPS
        self._source, self._patience = source, patience
        self._length = 0
        self._passed_by = 0
        self._ended = ""
        self._closed = threading.Event()
        self._waiting: queue.Queue[tuple[float, np.ndarray] | None] = queue.Queue(maxsize=1)
        self._thread = threading.Thread(target=self._fill, name=f"frames of {self.place}", daemon=True)
        self._thread.start()
        try:
            self._first = self._next()
            if self._first is None:
                raise InputError(f"frames: {self.place}: {self._ended or 'ended before its first frame'}")
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        """Frames of a recording; 0 for a live source, which tells none."""
        return self._length

    def read(self) -> Iterator[Frame]:
        """Frames until the source ends.

        Raises:
            InputError: it goes silent.
        """
        began, item = None, self._first
        try:
            while item is not None:
                at, picture = item
                began = at if began is None else began
                yield Frame(picture, at - began)
                item = self._next()
            if self._ended:
                raise InputError(f"frames: {self.place}: {self._ended}")
        finally:
            self.close()

    def notes(self) -> list[str]:
        """What to know about the frames, once they were read."""
        if not self._passed_by:
            return []
        return [f"{self.place}: {self._passed_by} frames came while the tracker worked and were passed by"]

    def close(self) -> None:
        """Give the camera or the connection back."""
        self._closed.set()
        self._thread.join(1.0)

    def _next(self) -> tuple[float, np.ndarray] | None:
        try:
            return self._waiting.get(timeout=self._patience)
        except queue.Empty:
            raise InputError(f"frames: {self.place}: {self._silence()}") from None

    def _silence(self) -> str:
        return f"no frame for {self._patience:g} s, the source is taken for dead"

    def _fill(self) -> None:
        """The thread: reads until the end, or until nobody wants more."""
        import cv2

        try:
            with quiet_opencv():
                self._read_all()
        except cv2.error as error:
            self._ended = " ".join(str(error).split())
        finally:
            self._put(None)

    def _read_all(self) -> None:
        import cv2

        asked = time.monotonic()
        capture = self._open()
        if not capture.isOpened():
            dead = time.monotonic() - asked > self._patience / 2
            self._ended = self._silence() if dead else f"cannot be opened{self._others()}"
            return
        width, height = (capture.get(of) for of in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > MOST_PIXELS:
            self._ended = f"got {width:.0f} x {height:.0f} pixels, allowed are {MOST_PIXELS:,} in all"
            return
        fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.fps = fps if 0 < fps <= _QUICKEST else DEFAULT_FPS
        self._length = int(count) if isinstance(self._source, str) and 0 < count < MOST_FRAMES else 0
        self._pass_on(capture)
        capture.release()

    def _pass_on(self, capture: cv2.VideoCapture) -> None:
        import cv2

        failures = number = 0
        while not self._closed.is_set():
            asked = time.monotonic()
            readable, frame = capture.read()
            now = time.monotonic()
            if readable:
                failures = 0
                self._put((number / self.fps if self._length else now, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)))
                number += 1
            elif now - asked > self._patience / 2:
                self._ended = self._silence()
                return
            elif (failures := failures + 1) > _RETRIES:
                return
            else:
                self._closed.wait(0.02)

    def _put(self, item: tuple[float, np.ndarray] | None) -> None:
        """Let an item wait; the end and a recording's frames wait for their turn, a live frame takes it."""
        while not self._closed.is_set():
            try:
                self._waiting.put(item, timeout=0.1 if item is None or self._length else 0)
                return
            except queue.Full:
                if item is not None and not self._length:
                    self._drop()

    def _drop(self) -> None:
        try:
            self._waiting.get_nowait()
            self._passed_by += 1
        except queue.Empty:  # it was taken just now
            pass

    def _open(self) -> cv2.VideoCapture:
        import cv2

        if isinstance(self._source, int):
            return cv2.VideoCapture(self._source)
        # a little less than this side's patience, so that the thread is never left behind in a call
        wait = int(900 * self._patience)
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait]
        return cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, limits)

    def _others(self) -> str:
        """Which cameras there are, to go behind an error about one."""
        if isinstance(self._source, str):
            return ", allowed is the address of a stream that OpenCV reads"
        if not sys.platform.startswith("linux"):
            return ", allowed is the index of a camera"
        there = sorted(path.name.removeprefix("video") for path in Path("/dev").glob("video*"))
        return f": this machine has {'cameras ' + ', '.join(there) if there else 'no camera'}"
