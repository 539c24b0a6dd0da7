"""Boxes that would be right in another form: corners taken for left, top, width, height, or fractions of a size."""

from __future__ import annotations

import numpy as np

from siou_tracking.mot.data.motchallenge import FIRST_PIXEL
from siou_tracking.mot.data.tracks import Tracks

CORNERS = "x1,y1,x2,y2"
COLUMNS = "columns 3 to 6 are read as left, top, width, height in pixels"
"""What to say of boxes with another form."""
FRACTIONS = "fractions of the image size"
_FRAMES = 20  # looked at; a wrong form is wrong in all
_AGREE = 0.5  # mean best overlap with which a form counts as right
_FEWEST = 20  # boxes that tell by themselves
_FOLLOWS = 0.2  # spread of right - left, in that of right, below which a right side goes with the left one


def other_form(tracks: Tracks, others: Tracks | None = None, width: int | None = None) -> str:
    """The form that the boxes of a table rather have, "" for left, top, width and height.

    Args:
        tracks: what was read.
        others: of the same frames, to compare with: the truth of a result, or a result of a truth.
        width: of the images, pixels; None or 0 where it is not known.
    """
    if not len(tracks):
        return ""
    as_written = tracks.xywh + FIRST_PIXEL
    if (np.abs(as_written) <= 1).all():
        return FRACTIONS
    if not (as_written[:, 2:] > as_written[:, :2]).all():
        return ""
    corners = np.column_stack([tracks.xywh[:, :2], tracks.xywh[:, 2:] - 1])
    if width and len(tracks) >= _FEWEST and (as_written[:, 2] <= width).all():
        beyond = as_written[:, 0] + as_written[:, 2] - 1 > width
        if beyond.mean() > 0.5:
            return CORNERS
    # right sides that keep their distance from the left ones are no widths; so it is where result and truth have both
    right, left = as_written[:, 2], as_written[:, 0]
    if len(tracks) >= _FEWEST and np.std(right - left) < _FOLLOWS * np.std(right):
        return CORNERS
    if others is None:
        return ""
    given = _agreement(_corners(tracks.xywh), tracks.frame, others)
    other = _agreement(corners, tracks.frame, others)
    return CORNERS if other > _AGREE and other > 2 * given else ""


def _agreement(boxes: np.ndarray, frame: np.ndarray, others: Tracks) -> float:
    """Mean over some frames' boxes of the best overlap with the others of the frame; 0 where no frame has both."""
    from siou_tracking.boxes import pairwise_iou  # with torch, which most scores do without

    shared = np.intersect1d(frame, others.frame)
    chosen = shared[np.linspace(0, len(shared) - 1, min(_FRAMES, len(shared))).astype(int)]
    found = [
        pairwise_iou(boxes[frame == number], _corners(others.xywh[others.frame == number])).max(axis=1)
        for number in chosen
    ]
    return float(np.concatenate(found).mean()) if found else 0.0


def _corners(xywh: np.ndarray) -> np.ndarray:
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
