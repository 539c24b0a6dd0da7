"""What is unusual in the annotated boxes of a sequence: another form, fractions, outside of the image."""

from __future__ import annotations

import numpy as np

from siou_tracking.wording import list_ranges


def unusual_boxes(truth: np.ndarray, size: tuple[int, int] | None) -> list[str]:
    """Notes on boxes that are hardly x, y, w, h in pixels of the image.

    Args:
        truth: (n, 4) boxes that are taken for x, y, w, h.
        size: (width, height) of the image, where it is known.
    """
    boxes = truth[(truth[:, 2:] > 0).all(axis=1)]
    if not len(boxes):
        return []
    if (boxes >= 0).all() and (boxes <= 1).all():
        return ["all boxes lie between 0 and 1: fractions of the image size? pixels are expected"]
    if size is None:
        return []
    limit = np.array(size, np.float64)
    ends, slack = boxes[:, :2] + boxes[:, 2:], 0.05 * limit + 2
    beyond = (ends > limit + slack).any(axis=1)
    if beyond.mean() > 0.2 and (boxes[:, 2:] > boxes[:, :2]).all() and (boxes[:, 2:] <= limit + 1).all():
        return [f"{beyond.sum()} boxes reach beyond the image of {size[0]} x {size[1]}: are they x1,y1,x2,y2?"]
    outside = (truth[:, 2:] > 0).all(axis=1) & (
        (truth[:, :2] >= limit + 1).any(axis=1) | ((truth[:, :2] + truth[:, 2:]) <= 0).any(axis=1)
    )
    if outside.any():
        where = list_ranges(np.flatnonzero(outside) + 1)
        return [f"{outside.sum()} boxes lie outside of the image of {size[0]} x {size[1]} (frames {where})"]
    return []
