"""The overlay of a tracked source: box, number, state and score with every frame, at the source's own times."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from siou_tracking.media.bars import DARK, LOUD, QUIET, brighten, lettering, text_length, write_line
from siou_tracking.media.drawing import colors_of, outline
from siou_tracking.media.frames import DEFAULT_FPS, Frame
from siou_tracking.media.video import keep_times, write_overlay_video
from siou_tracking.trackers.boxes_file import LOST, UNREADABLE, TrackedFrame
from siou_tracking.trackers.pictures.score_plot import WINDOW, Timeline, plot_scores

_LEGIBLE_HEIGHT = 360  # pixels; smaller frames are enlarged by a whole number, so that the words can be read
_WIDEST = 1920  # pixels of frames side by side
_MEASURED = 10  # frames of a live source whose rate is that of its overlay
_FIRST = 8  # frames within which a tracker that tells scores tells one


def write_tracked_video(
    path: Path, steps: Iterable[tuple[Frame, Sequence[TrackedFrame]]], names: Sequence[str], fps: float | None
) -> None:
    """Write the overlay as far as the steps go; no file where no frame can be read.

    Frames of several trackers stand side by side, under their names. Below each is a bar with number, state and score,
    and below all a plot of the latest scores, where a tracker tells any in the first frames.

    Args:
        path: ends in .mp4 or .webm.
        steps: each frame of a source with what each tracker says of it; one that cannot be read shows the one before.
        names: of the trackers; an empty one is not written.
        fps: frames a second. Where frames come slower, pictures are repeated; every frame is shown at least once. None
            for a live source: each frame once, at the rate of the first ones, for encoding repeated pictures would
            make the next frame come later still.
    """
    steps = iter(steps)
    pictures: Iterator[np.ndarray]
    if fps is None:
        begin = list(itertools.islice(steps, _MEASURED))
        fps = _measure_rate([frame.time for frame, _ in begin])
        pictures = (picture for _, picture in _draw(itertools.chain(begin, steps), names))
    else:
        pictures = keep_times(_draw(steps, names), fps)
    first = next(pictures, None)
    if first is not None:
        write_overlay_video(path, ((picture, {}) for picture in itertools.chain([first], pictures)), fps)


def draw_target(picture: np.ndarray, row: TrackedFrame, color: tuple[int, int, int], scale: float) -> None:
    """Draw the box of a row on the picture itself, which is the frame enlarged; dashed where the target is lost."""
    thickness = max(2, round(min(picture.shape[:2]) / 180))
    box = [value * scale for value in row.box]
    if row.state != LOST:
        outline(picture, box, (255, 255, 255), thickness + 2)
    outline(picture, box, color, thickness, dashed=row.state == LOST)


def _draw(
    steps: Iterator[tuple[Frame, Sequence[TrackedFrame]]], names: Sequence[str]
) -> Iterator[tuple[float, np.ndarray]]:
    colors = colors_of(names)
    lines = [(Timeline(WINDOW), brighten(color)) for color in colors]
    begin = _look_ahead(steps)
    plotted = any(row.score is not None for _, rows in begin for row in rows)
    latest: np.ndarray | None = None
    number = 0
    while begin or (begin := list(itertools.islice(steps, 1))):
        frame, rows = begin.pop(0)
        number += 1
        for (timeline, _), row in zip(lines, rows, strict=True):
            timeline.add(row)
        latest = latest if frame.picture is None else frame.picture
        if latest is None:
            continue
        panels = [
            _draw_panel(latest, number, row, name, color, len(names))
            for row, name, color in zip(rows, names, colors, strict=True)
        ]
        picture = np.hstack(panels)
        if plotted:
            width, height = _panel_size(latest, len(names))
            title = f"score, last {WINDOW} frames"
            picture = np.vstack((picture, plot_scores(lines, picture.shape[1], (height, width), title, WINDOW)))
        yield frame.time, picture


def _measure_rate(times: Sequence[float]) -> float:
    """Frames a second of frames at these times."""
    steps = np.diff(times)
    return float(np.clip(1 / max(np.median(steps), 1e-3), 1, DEFAULT_FPS)) if len(steps) > 1 else DEFAULT_FPS


def _look_ahead(steps: Iterator[tuple[Frame, Sequence[TrackedFrame]]]) -> list[tuple[Frame, Sequence[TrackedFrame]]]:
    """The first steps, until a score is told: the height of a video is known from its first picture."""
    found = []
    for step in itertools.islice(steps, _FIRST):
        found.append(step)
        if any(row.score is not None for row in step[1]):
            break
    return found


def _panel_size(frame: np.ndarray, count: int) -> tuple[int, int]:
    """Width and height, pixels, in which a frame is shown once for each of `count` trackers."""
    height, width = frame.shape[:2]
    scale = float(max(1, round(_LEGIBLE_HEIGHT / height)))
    scale = min(scale, _WIDEST / count / width) if count > 1 else scale
    return round(width * scale), round(height * scale)


def _draw_panel(
    frame: np.ndarray, number: int, row: TrackedFrame, name: str, color: tuple[int, int, int], count: int
) -> np.ndarray:
    """A frame of one tracker between the bars of its name and its state."""
    import cv2

    size = _panel_size(frame, count)
    scale = size[0] / frame.shape[1]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = cv2.resize(frame, size, interpolation=how) if scale != 1 else np.array(frame, order="C")
    draw_target(picture, row, color, scale)
    parts = [picture, _status_bar(number, row, *picture.shape[:2])]
    if name:
        parts.insert(0, _title_bar(name, color, *picture.shape[:2]))
    return np.vstack(parts)


def _title_bar(name: str, color: tuple[int, int, int], height: int, width: int) -> np.ndarray:
    size, line = lettering(height, width)
    bar = np.full((2 * line, width, 3), DARK, np.uint8)
    bar[:, : line // 2] = color
    write_line(bar, name.encode("ascii", "replace").decode(), (line, line + line // 3), size, brighten(color))
    return bar


def _status_bar(number: int, row: TrackedFrame, height: int, width: int) -> np.ndarray:
    """Number, state and score; the state on a bright field where the target is lost, framed where it is uncertain."""
    import cv2

    size, line = lettering(height, width)
    bar = np.full((2 * line, width, 3), DARK, np.uint8)
    x, y = line // 2, line + line // 3
    edge = line // 4
    state = row.state or row.flag.encode("ascii", "replace").decode()
    words = [f"frame {number}", state, "" if row.score is None else f"score {row.score:.2f}"]
    for place, word in enumerate(words):
        if not word:
            continue
        long = text_length(word, size)
        pill = (x - edge, edge), (x + long + edge, 2 * line - edge)
        alarm = place == 1 and state in (LOST, UNREADABLE)
        if alarm or (place == 1 and state == "uncertain"):
            cv2.rectangle(bar, *pill, LOUD, -1 if alarm else 2)
        write_line(bar, word, (x, y), size, (DARK,) * 3 if alarm else QUIET)
        x += long + line + line // 2
    return bar
