"""Dark bars of text that go below a frame, so that no word covers a part of the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

QUIET, LOUD = (235, 235, 235), (255, 170, 60)
"""RGB of what is usual, and of what is to be seen."""
DARK = 24
"""Gray of the bars."""
_MARGIN = 6  # pixels at the right, also for what a letter is longer than OpenCV says


def legend_bar(names: Sequence[tuple[str, tuple[int, int, int]]], height: int, width: int) -> np.ndarray:
    """Names in their colors, brightened, in as many lines as they take.

    Args:
        names: (name, RGB), at least one.
        height: of the frame, pixels.
        width: of the frame, pixels.

    Returns:
        (h, width, 3) uint8 RGB; h depends on the names and on the size of the frame alone.
    """
    size, line = lettering(height, width)
    places, x, y = [], line // 2, line
    for name, _ in names:
        long = text_length(name, size)
        if x > line // 2 and x + long > width:
            x, y = line // 2, y + line
        places.append((x, y))
        x += long + line
    bar = np.full((y + line // 2, width, 3), DARK, np.uint8)
    for (name, color), place in zip(names, places, strict=True):
        write_line(bar, name, place, size, brighten(color))
    return bar


def brighten(color: tuple[int, int, int]) -> tuple[int, int, int]:
    """The RGB color as it is told apart on a dark bar."""
    red, green, blue = (channel // 2 + 128 for channel in color)
    return red, green, blue


def status_bar(text: str, height: int, width: int, alarm: bool = False) -> np.ndarray:
    """One line about a frame.

    Args:
        text: ASCII.
        height: of the frame, pixels.
        width: of the frame, pixels.
        alarm: in a color that is seen.

    Returns:
        (h, width, 3) uint8 RGB; h depends on the size of the frame alone, so a video's frames have bars of one height.
    """
    size, line = lettering(height, width)
    bar = np.full((line + line // 2, width, 3), DARK, np.uint8)
    write_line(bar, text, (line // 2, line), size, LOUD if alarm else QUIET)
    return bar


def lettering(height: int, width: int) -> tuple[float, int]:
    """Size of the font and height of a line for a frame of this size."""
    import cv2

    size = min(max(min(height, width) / 480, 0.35), 1.5)
    return size, round(cv2.getTextSize("a", cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0][1] * 1.8)


def text_length(text: str, size: float) -> int:
    """Pixels that a text in this size of the font is long."""
    import cv2

    return int(cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0][0])


def write_line(bar: np.ndarray, text: str, place: tuple[int, int], size: float, color: tuple[int, ...]) -> None:
    """Write on the bar, the lower left corner at `place`; smaller where the bar is not long enough."""
    import cv2

    room = max(bar.shape[1] - place[0] - _MARGIN, 1)
    size *= min(1.0, room / max(text_length(text, size), 1))
    cv2.putText(bar, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)
