"""Which detection is which track: costs, and the assignment that minimizes them under a limit."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from siou_tracking.boxes import pairwise_iou


def assign(cost: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """The matching that is cheapest when every row left alone costs `limit`.

    Minimized is sum over pairs of (cost - limit). So a pair at or above the limit is never made, and, other than with
    a large number in its place, it never drives a feasible pair apart: leaving its row alone costs no more than that.

    Args:
        cost: `(n, m)`; inf or NaN forbids a pair.
        limit: highest cost of a pair, excluded.

    Returns:
        Rows and columns of the pairs, each `(k,)`, in order of the rows.
    """
    gain = np.minimum(cost - limit, 0.0)  # 0 stands for "left alone", so the full assignment that scipy makes is free
    gain[~np.isfinite(gain)] = 0.0
    rows, columns = linear_sum_assignment(gain)
    made = gain[rows, columns] < 0
    return rows[made], columns[made]


def iou_cost(tracks: np.ndarray, detections: np.ndarray) -> np.ndarray:
    """1 - IoU `(n, m)` of boxes `(n, 4)` and `(m, 4)` xyxy, in [0, 1]."""
    return 1 - pairwise_iou(tracks, detections)


def cosine_cost(tracks: np.ndarray, detections: np.ndarray) -> np.ndarray:
    """1 - cosine `(n, m)` of unit vectors `(n, D)` and `(m, D)`, in [0, 2]."""
    return np.clip(1 - tracks.astype(np.float64) @ detections.T.astype(np.float64), 0, 2)


def fuse_costs(
    appearance: np.ndarray,
    overlap: np.ndarray,
    motion: np.ndarray,
    gate: float,
    overlap_weight: float,
    motion_weight: float,
) -> np.ndarray:
    """Cost `(n, m)`: three costs in a sum whose weights add up to 1, inf where the motion is beyond the gate.

    Args:
        appearance: `(n, m)`, see `cosine_cost`.
        overlap: `(n, m)`, see `iou_cost`.
        motion: `(n, m)` squared Mahalanobis distances, see `kalman.mahalanobis`.
        gate: largest distance that a match may have.
        overlap_weight, motion_weight: from 0, at most 1 together; the appearance has the rest.
    """
    cost = (1 - overlap_weight - motion_weight) * appearance + overlap_weight * overlap + motion_weight * motion
    cost[~(motion <= gate)] = np.inf
    return cost
