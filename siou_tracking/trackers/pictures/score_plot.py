"""Scores and states of trackers over time, drawn as a dark bar that goes below frames.

Color tells the trackers apart, and form the states, so that neither needs the other: below its curve each tracker has a
lane, empty where the target is found, half full where the tracker is uncertain, full where it is lost.
"""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from siou_tracking.media.bars import DARK, lettering, text_length, write_line
from siou_tracking.trackers.boxes_file import LOST, TrackedFrame

WINDOW = 200
"""Frames that a plot below a moving picture looks back."""
_COLUMNS = 1200
"""Moments of a whole run, at most twice as many."""
_AXIS, _LANE, _TEXT = (80, 80, 80), (46, 46, 46), (190, 190, 190)
_KEY = ("uncertain", LOST)
_WORST = ("", "given", "found", "unreadable", "uncertain", LOST)


@dataclasses.dataclass(frozen=True)
class Moment:
    """One frame, or several that share a column of the plot."""

    low: float | None
    high: float | None
    state: str
    """The worst of them."""


class Timeline:
    """A tracker's moments: the latest ones, or those of a whole run, of which neighbors are merged as it grows.

    Args:
        window: frames; None for the whole run.
    """

    def __init__(self, window: int | None = None) -> None:
        self.low, self.high = math.inf, -math.inf
        """Of all scores so far."""
        self._window = window
        self._moments: collections.deque[Moment] = collections.deque(maxlen=window)
        self._waiting: list[Moment] = []
        self._each = 1  # frames a moment

    @property
    def moments(self) -> list[Moment]:
        """In the order of the frames."""
        return [*self._moments, *([_merge(self._waiting)] if self._waiting else [])]

    @property
    def has_scores(self) -> bool:
        """Whether the tracker has told any."""
        return self.low <= self.high

    def add(self, row: TrackedFrame) -> None:
        """The next frame."""
        if row.score is not None:
            self.low, self.high = min(self.low, row.score), max(self.high, row.score)
        self._waiting.append(Moment(row.score, row.score, row.state))
        if len(self._waiting) < self._each:
            return
        self._moments.append(_merge(self._waiting))
        self._waiting = []
        if self._window is None and len(self._moments) >= 2 * _COLUMNS:
            found = list(self._moments)
            self._moments = collections.deque(_merge(found[at : at + 2]) for at in range(0, len(found), 2))
            self._each *= 2


def _merge(moments: Sequence[Moment]) -> Moment:
    lows = [one.low for one in moments if one.low is not None]
    highs = [one.high for one in moments if one.high is not None]
    state = max((one.state for one in moments), key=_WORST.index)
    return Moment(min(lows, default=None), max(highs, default=None), state)


def plot_scores(
    lines: Sequence[tuple[Timeline, tuple[int, int, int]]],
    width: int,
    letters: tuple[int, int],
    title: str = "score",
    span: int | None = None,
    marks: Mapping[float, str] = {},
) -> np.ndarray:
    """The curves of timelines over the full width.

    Args:
        lines: a timeline and its RGB for each tracker, one at least with scores.
        width: of the bar, pixels.
        letters: (height, width) of the picture whose lettering is used.
        title: ASCII, in the upper left corner; as far as its comma where that is all the room there is.
        span: moments that fill the width; None for as many as there are.
        marks: place from 0 to 1 along the width -> name of a vertical line there, ASCII.

    Returns:
        (h, width, 3) uint8 RGB; h depends on `letters` and the number of lines alone.
    """
    import cv2

    size, line = lettering(*letters)
    lane, gap = max(line // 2, 4), max(line // 6, 2)
    top, bottom = 2 * line, 6 * line
    lanes = bottom + line // 2
    bar = np.full((lanes + len(lines) * (lane + gap) + gap, width, 3), DARK, np.uint8)
    low, high = _limits([timeline for timeline, _ in lines])
    names = [f"{value:.3g}" for value in (high, low)]
    left = line + max(text_length(name, size) for name in names)
    right = width - line
    room = width - line - _key_width(line, size)
    title = title if text_length(title, size) <= room else title.partition(",")[0]
    write_line(bar, title, (line // 2, line), size, _TEXT)
    if text_length(title, size) <= room:
        _write_key(bar, line, lane, size)
    for name, y in zip(names, (top, bottom), strict=True):
        cv2.line(bar, (left, y), (right, y), _AXIS, 1)
        write_line(bar, name, (left - line // 3 - text_length(name, size), y + line // 4), size, _TEXT)
    for mark, name in marks.items():
        at = round(left + mark * (right - left))
        cv2.line(bar, (at, top), (at, bottom), _AXIS, 1)
        write_line(bar, name, (at - text_length(name, size) // 2, lanes - gap), 0.7 * size, _TEXT)
    for place, (timeline, color) in enumerate(lines):
        moments = timeline.moments
        count = max(span or len(moments), 2)
        places = left + np.arange(len(moments) + 1) * (right - left) / count
        heights = [
            [None if value is None else bottom - (value - low) / (high - low) * (bottom - top) for value in both]
            for both in ((one.low, one.high) for one in moments)
        ]
        for polygon in _pieces((places[:-1] + places[1:]) / 2, heights):
            cv2.polylines(bar, [polygon], False, color, max(1, round(line / 12)), cv2.LINE_AA)
        y = lanes + place * (lane + gap)
        cv2.rectangle(bar, (left, y), (right, y + lane - 1), _LANE, -1)
        cv2.circle(bar, (left - line // 2, y + lane // 2), max(lane // 3, 2), color, -1, cv2.LINE_AA)
        for at, one in enumerate(moments):
            if height := _lane_height(one.state, lane):
                ends = round(places[at]), max(round(places[at + 1]) - 1, round(places[at]))
                cv2.rectangle(bar, (ends[0], y + lane - height), (ends[1], y + lane - 1), color, -1)
    return bar


def _lane_height(state: str, lane: int) -> int:
    return {LOST: lane, "uncertain": lane // 2}.get(state, 0)


def _key_width(line: int, size: float) -> int:
    """Pixels from where the key begins to the right edge."""
    return sum(text_length(word, size) + 3 * line for word in _KEY)


def _write_key(bar: np.ndarray, line: int, lane: int, size: float) -> None:
    """What the lanes' forms mean, in the upper right corner."""
    import cv2

    x = bar.shape[1] - _key_width(line, size)
    for word in _KEY:
        height = _lane_height(word, lane)
        cv2.rectangle(bar, (x, line - lane), (x + line, line - 1), _LANE, -1)
        cv2.rectangle(bar, (x, line - height), (x + line, line - 1), _TEXT, -1)
        write_line(bar, word, (x + line + line // 2, line), size, _TEXT)
        x += text_length(word, size) + 3 * line


def _limits(timelines: Sequence[Timeline]) -> tuple[float, float]:
    """What the axis shows: 0 to 1, and more where scores are beyond."""
    low = min(timeline.low for timeline in timelines)
    high = max(timeline.high for timeline in timelines)
    return min(low, 0.0), max(high, 1.0)


def _pieces(places: np.ndarray, heights: Sequence[Sequence[float | None]]) -> list[np.ndarray]:
    """Polylines through the columns, broken where there is no score; a column of several frames goes down and up."""
    found: list[list[tuple[float, float]]] = [[]]
    for x, (low, high) in zip(places, heights, strict=False):
        if low is None or high is None:
            found.append([])
            continue
        found[-1] += [(x, low), (x, high)] if low != high else [(x, low)]
    return [np.rint(piece).astype(np.int32).reshape(-1, 1, 2) for piece in found if piece]
