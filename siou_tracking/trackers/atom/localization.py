"""From a coarse score map to where the target is, and whether it can be trusted.

Score maps are band-limited by nature, so they are interpolated in the Fourier domain; then peaks are compared
("advanced localization" of PyTracking's ATOM).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch

from siou_tracking.trackers.atom.params import AtomParams

Flag = Literal["normal", "hard_negative", "uncertain", "not_found"]


@dataclass(frozen=True)
class Localization:
    """One answer of the target model."""

    offset: tuple[float, float]
    """(dx, dy) in patch pixels from the middle of the patch to the target's center."""
    score: float
    """The first peak's score."""
    flag: Flag
    """normal; hard_negative: a distractor to learn; uncertain: a rival as good; not_found: nothing scores enough."""


def fourier_upsample(scores: torch.Tensor, size: int) -> torch.Tensor:
    """Trigonometric interpolation of a periodic map, exact for what the samples can carry.

    Args:
        scores: (..., H, W) real, H and W at most `size`.
        size: side of the result.

    Returns:
        (..., size, size); the value at (i size / H, j size / W) equals scores[i, j].
    """
    height, width = scores.shape[-2:]
    spectrum = torch.fft.rfft2(scores)
    half = width // 2 + 1
    if width % 2 == 0 and size > width:
        # the highest frequency of an even count stands for both signs: each gets half
        spectrum[..., half - 1] *= 0.5
    wide = spectrum.new_zeros(*scores.shape[:-2], size, size // 2 + 1)
    low, high = (height + 1) // 2, height // 2
    wide[..., :low, :half] = spectrum[..., :low, :]
    if high:
        wide[..., size - high :, :half] = spectrum[..., height - high :, :]
    if height % 2 == 0 and size > height:
        wide[..., size - high, :half] *= 0.5
        wide[..., high, :half] = wide[..., size - high, :half]
    return torch.fft.irfft2(wide, s=(size, size)) * (size * size / (height * width))


def _find_peak(scores: torch.Tensor) -> tuple[float, int, int]:
    """Highest score, its column and its row."""
    value, index = scores.flatten().max(dim=0)
    row, column = divmod(int(index), scores.shape[1])
    return float(value), column, row


def _mask_out(scores: torch.Tensor, column: int, row: int, width: float, height: float) -> torch.Tensor:
    """The map with the box of that size around a cell set to zero."""
    masked = scores.clone()
    top, bottom = max(round(row - height / 2), 0), round(row + height / 2 + 1)
    left, right = max(round(column - width / 2), 0), round(column + width / 2 + 1)
    masked[top : max(bottom, 0), left : max(right, 0)] = 0
    return masked


def localize(
    scores: torch.Tensor, center: tuple[float, float], target_size: tuple[float, float], params: AtomParams
) -> Localization:
    """Find the target in an upsampled score map.

    Args:
        scores: (S, S), one cell a patch pixel.
        center: (x, y) of the cell that answers to the middle of the patch.
        target_size: (w, h) of the target in patch pixels.
        params: the thresholds.

    Returns:
        The chosen peak. When a rival is as good and exactly one of the two is near the middle, the near one is taken.
    """
    best, column, row = _find_peak(scores)
    offset = (column - center[0], row - center[1])
    if not math.isfinite(best) or best < params.target_not_found_threshold:
        return Localization((0.0, 0.0) if not math.isfinite(best) else offset, best, "not_found")
    neighborhood = [params.target_neighborhood_scale * side for side in target_size]
    second, column2, row2 = _find_peak(_mask_out(scores, column, row, *neighborhood))
    if second > params.distractor_threshold * best:
        offset2 = (column2 - center[0], row2 - center[1])
        limit = params.displacement_scale * math.sqrt(scores.numel()) / 2
        near, near2 = math.hypot(*offset) < limit, math.hypot(*offset2) < limit
        if near == near2:
            return Localization(offset, best, "uncertain")
        return Localization(offset if near else offset2, best if near else second, "hard_negative")
    if second > max(params.hard_negative_threshold * best, params.target_not_found_threshold):
        return Localization(offset, best, "hard_negative")
    return Localization(offset, best, "normal")
