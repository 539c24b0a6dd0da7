"""Boxes and a legend drawn on a frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from siou_tracking.media.bars import legend_bar

NAMED_COLORS = {"ground truth": "#2fc56d", "iou": "#e8590c", "smooth_iou": "#1c6fd4", "static": "#868e96"}
"""Names that look the same in every picture."""
CYCLE = ("#1c6fd4", "#e8590c", "#00626e", "#cf93f7", "#9b1040", "#f2b600", "#7a4a1e", "#4a2a9c")
"""Colors of all other names, by place; lightness tells apart those whose hues are one to a color-blind eye."""


def color_of(name: str, place: int = 0) -> str:
    """The color that stands for `name` in every picture, as #rrggbb; names without one take turns by place."""
    return NAMED_COLORS.get(name, CYCLE[place % len(CYCLE)])


def own_colors(names: Iterable[str]) -> dict[str, str]:
    """Those of the names that end in one of `NAMED_COLORS`, as weights do in their loss, with its color, each once."""
    found: dict[str, str] = {}
    for name in names:
        ends = [end for end in NAMED_COLORS if f"_{name}".endswith(f"_{end}")]
        color = NAMED_COLORS[max(ends, key=len)] if ends else None
        if color is not None and color not in found.values():
            found[name] = color
    return found


def colors_of(names: Sequence[str]) -> list[tuple[int, int, int]]:
    """RGB of names that are compared in one picture, no two alike while there are enough."""
    own = own_colors(names)
    others = itertools.cycle(color for color in CYCLE if color not in own.values())
    return [parse_color(own[name] if name in own else next(others)) for name in names]


def rgb_of(name: str, place: int) -> tuple[int, int, int]:
    """RGB of the box called `name`, the `place`-th of its frame."""
    return parse_color(color_of(name, place))


def parse_color(text: str) -> tuple[int, int, int]:
    """RGB, 0 to 255, of #rrggbb."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def draw_boxes(frame: np.ndarray, boxes: Mapping[str, Sequence[float]], legend: bool = True) -> np.ndarray:
    """A copy of the frame with boxes and, where they have names, a legend in a bar below it, never over the target.

    Args:
        frame: (H, W, 3) uint8 RGB.
        boxes: name -> [x, y, w, h] in pixels; a box with a side that is not positive or not finite is not drawn but
            keeps its place in the legend. An empty name is drawn without a legend.
        legend: write the names; False for a picture with a key beside it.

    Returns:
        (H, W, 3) uint8 RGB, higher by the bar where there is one.
    """
    picture = np.array(frame, dtype=np.uint8, order="C")
    thickness = max(1, round(min(picture.shape[:2]) / 180))
    for place, (name, box) in enumerate(boxes.items()):
        outline(picture, box, rgb_of(name, place), thickness)
    names = [(name, rgb_of(name, place)) for place, name in enumerate(boxes) if name]
    return np.vstack((picture, legend_bar(names, *picture.shape[:2]))) if legend and names else picture


def outline(
    picture: np.ndarray, box: Sequence[float], color: tuple[int, int, int], thickness: int, dashed: bool = False
) -> None:
    """Draw one xywh box, pixels, on the (H, W, 3) picture itself; none where a side is not positive or not finite."""
    import cv2

    x, y, w, h = np.asarray(box, dtype=np.float64).reshape(4)
    if not np.isfinite([x, y, w, h]).all() or w <= 0 or h <= 0:
        return
    limit = 4 * sum(picture.shape[:2])
    left, top, right, bottom = np.clip(np.round([x, y, x + w - 1, y + h - 1]), -limit, limit).astype(int).tolist()
    if not dashed:
        cv2.rectangle(picture, (left, top), (right, bottom), color, thickness)
        return
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        pieces = 2 * max(round(max(abs(end[0] - start[0]), abs(end[1] - start[1])) / (8 * thickness)), 1) + 1
        points = np.rint(np.linspace(start, end, pieces + 1)).astype(int).tolist()
        for piece in range(0, pieces, 2):
            cv2.line(picture, points[piece], points[piece + 1], color, thickness)
