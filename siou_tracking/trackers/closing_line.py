"""The line that says how tracking a source went: how much, how fast, where the target was lost, what was written."""

from __future__ import annotations

from pathlib import Path

from siou_tracking.media.video import overlay_codec
from siou_tracking.trackers.boxes_file import LOST, UNREADABLE, TrackedFrame
from siou_tracking.wording import Ranges


class Tally:
    """What is to be said of a tracker's answers, counted as they come."""

    def __init__(self) -> None:
        self.frames = 0
        """Of the source so far."""
        self.holes, self.lost = Ranges(), Ranges()
        """Numbers of frames that cannot be read, and in which the tracker says that it has lost the target."""
        self.first = 0
        """Number of the first frame that can be read; 0: none yet."""
        self._first_seconds = self._seconds = 0.0
        self._tells = False
        self._lowest: tuple[float, int] | None = None

    @property
    def tracked(self) -> int:
        """Frames with a box."""
        return self.frames - self.holes.count

    def add(self, row: TrackedFrame) -> None:
        """The next frame of the source."""
        self.frames += 1
        if row.flag == UNREADABLE:
            self.holes.add(self.frames)
            return
        if not self.first:
            self.first, self._first_seconds = self.frames, row.seconds
        else:
            self._seconds += row.seconds
            self._tells = self._tells or bool(row.flag)
        if row.state == LOST:
            self.lost.add(self.frames)
        if row.score is not None and (self._lowest is None or (row.score, self.frames) < self._lowest):
            self._lowest = row.score, self.frames

    def summary(self) -> str:
        """How it went."""
        holes = f" of {self.frames}" if self.holes.count else ""
        text = f"tracked {self.tracked}{holes} frames"
        if self._seconds > 0:
            rate = (self.tracked - 1) / self._seconds
            text += f" at {rate:.1f} frames/s after {self._first_seconds:.1f} s of learning"
        if self.lost.count:
            text += f"; target lost in {self.lost.count} frames: {self.lost}"
        elif self._tells:
            text += "; target never lost, as the tracker tells it"
        elif self._lowest is not None:
            text += f"; lowest score {self._lowest[0]:.2f} in frame {self._lowest[1]}"
        return text


def video_note(path: Path) -> str:
    """The overlay and how it is encoded."""
    codec, playable = overlay_codec(path.suffix)
    return f"video: {path} ({codec}{'' if playable else ', may not play in a browser'})"
