"""One line of text about a frame, on the frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_QUIET, _LOUD = (235, 235, 235), (255, 170, 60)  # RGB


def draw_status(picture: np.ndarray, text: str, alarm: bool, avoid: Sequence[float]) -> np.ndarray:
    """Write a line on a darkened band at the bottom of the picture, or at its top where the box is at the bottom.

    Args:
        picture: (H, W, 3) uint8 RGB, written on.
        text: ASCII.
        alarm: in a color that is seen.
        avoid: [x, y, w, h] of the box that is not to be covered; NaN without one.

    Returns:
        The picture.
    """
    import cv2

    height, width = picture.shape[:2]
    font, size = cv2.FONT_HERSHEY_SIMPLEX, min(max(min(height, width) / 600, 0.35), 1.5)
    (long, tall), _ = cv2.getTextSize(text, font, size, 1)
    size *= min(1.0, 0.96 * width / max(long, 1))
    band = min(round(tall * 2), height)
    top, bottom = avoid[1], avoid[1] + avoid[3]
    start = 0 if bottom > height - band and top >= band else height - band
    picture[start : start + band] //= 3
    base = start + band - max(round((band - tall) / 2), 1)
    cv2.putText(picture, text, (round(0.02 * width), base), font, size, _LOUD if alarm else _QUIET, 1, cv2.LINE_AA)
    return picture
