"""Boxes and a legend drawn on a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

NAMED_COLORS = {"ground truth": "#2f9e44", "iou": "#e8590c", "smooth_iou": "#1c6fd4", "static": "#868e96"}
"""Names that look the same in every picture."""
CYCLE = ("#1c6fd4", "#e8590c", "#9c36b5", "#f2b600", "#0c8599", "#c2255c", "#5c940d", "#364fc7")
"""Colors of all other names, by place."""


def color_of(name: str, place: int = 0) -> str:
    """The color that stands for `name` in every picture, as #rrggbb; names without one take turns by place."""
    return NAMED_COLORS.get(name, CYCLE[place % len(CYCLE)])


def rgb_of(name: str, place: int) -> tuple[int, int, int]:
    """RGB of the box called `name`, the `place`-th of its frame."""
    text = color_of(name, place)
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def draw_boxes(frame: np.ndarray, boxes: Mapping[str, Sequence[float]], legend: bool = True) -> np.ndarray:
    """A copy of the frame with boxes and, where they have names, a legend at the top left.

    Args:
        frame: (H, W, 3) uint8 RGB.
        boxes: name -> [x, y, w, h] in pixels; a box with a side that is not positive or not finite is not drawn but
            keeps its place in the legend. An empty name is drawn without a legend.
        legend: write the names; False for a picture with a key beside it.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    import cv2

    picture = np.array(frame, dtype=np.uint8, order="C")
    height, width = picture.shape[:2]
    thickness = max(1, round(min(height, width) / 180))
    limit = 4 * (height + width)
    for place, (name, box) in enumerate(boxes.items()):
        x, y, w, h = np.asarray(box, dtype=np.float64).reshape(4)
        if not np.isfinite([x, y, w, h]).all() or w <= 0 or h <= 0:
            continue
        corners = np.clip(np.round([x, y, x + w - 1, y + h - 1]), -limit, limit).astype(int).tolist()
        cv2.rectangle(picture, corners[:2], corners[2:], rgb_of(name, place), thickness)
    if legend:
        _draw_legend(picture, [name for name in boxes if name], list(boxes))
    return picture


def _draw_legend(picture: np.ndarray, names: Sequence[str], order: Sequence[str]) -> None:
    """Write the names in their boxes' colors on a darkened corner."""
    import cv2

    if not names:
        return
    font, size = cv2.FONT_HERSHEY_SIMPLEX, min(max(min(picture.shape[:2]) / 600, 0.35), 1.5)
    extents = [cv2.getTextSize(name, font, size, 1)[0] for name in names]
    line = round(max(height for _, height in extents) * 1.8)
    corner = picture[: line * len(names) + line // 2, : max(width for width, _ in extents) + line]
    corner[:] = corner // 3
    for row, name in enumerate(names, start=1):
        red, green, blue = rgb_of(name, order.index(name))
        bright = tuple(min(255, channel // 2 + 128) for channel in (red, green, blue))
        cv2.putText(picture, name, (line // 2, row * line), font, size, bright, 1, cv2.LINE_AA)
