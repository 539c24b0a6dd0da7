"""From a score map to where the target is, and whether it can be trusted: peaks are compared.

"Advanced localization" of PyTracking's ATOM and DiMP.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from siou_tracking.trackers.online.params import LocalizationParams

if TYPE_CHECKING:  # an exported tracker has arrays, and no torch
    import torch

Flag = Literal["normal", "hard_negative", "uncertain", "not_found"]


@dataclass(frozen=True)
class Localization:
    """One answer of the target model."""

    offset: tuple[float, float]
    """(dx, dy) in cells of the scores from the middle of the patch to the target's center."""
    score: float
    """The first peak's score."""
    flag: Flag
    """normal; hard_negative: a distractor to learn; uncertain: a rival as good; not_found: nothing scores enough."""


def _find_peak(scores: np.ndarray) -> tuple[float, int, int]:
    """Highest score, its column and its row."""
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    return float(scores[row, column]), column, row


def _mask_out(scores: np.ndarray, column: int, row: int, width: float, height: float) -> np.ndarray:
    """The map with the box of that size around a cell set to zero."""
    masked = scores.copy()
    top, bottom = max(round(row - height / 2), 0), round(row + height / 2 + 1)
    left, right = max(round(column - width / 2), 0), round(column + width / 2 + 1)
    masked[top : max(bottom, 0), left : max(right, 0)] = 0
    return masked


def localize(
    scores: torch.Tensor | np.ndarray,
    center: tuple[float, float],
    target_size: tuple[float, float],
    params: LocalizationParams,
    previous: tuple[float, float] = (0.0, 0.0),
    window: torch.Tensor | np.ndarray | None = None,
) -> Localization:
    """Find the target in a score map.

    Args:
        scores: (H, W); a tensor is on the CPU.
        center: (x, y) of the cell that answers to the middle of the patch.
        target_size: (w, h) of the target in cells.
        params: the thresholds.
        previous: (x, y) of the target's last place, in cells from `center`.
        window: (H, W), a factor on the scores where the target is sought; rivals are sought without it.

    Returns:
        The chosen peak. When a rival is as good and exactly one of the two is near the last place, that one is taken.
    """
    scores = np.asarray(scores)
    best, column, row = _find_peak(scores if window is None else scores * np.asarray(window))
    offset = (column - center[0], row - center[1])
    if not math.isfinite(best) or best < params.target_not_found_threshold:
        return Localization((0.0, 0.0) if not math.isfinite(best) else offset, best, "not_found")
    neighborhood = [params.target_neighborhood_scale * side for side in target_size]
    second, column2, row2 = _find_peak(_mask_out(scores, column, row, *neighborhood))
    if second > params.distractor_threshold * best:
        offset2 = (column2 - center[0], row2 - center[1])
        limit = params.displacement_scale * math.sqrt(scores.size) / 2
        near, near2 = (math.dist(peak, previous) < limit for peak in (offset, offset2))
        if near == near2:
            return Localization(offset, best, "uncertain")
        return Localization(offset if near else offset2, best if near else second, "hard_negative")
    if second > max(params.hard_negative_threshold * best, params.target_not_found_threshold):
        return Localization(offset, best, "hard_negative")
    return Localization(offset, best, "normal")
