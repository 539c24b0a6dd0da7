"""A coarse score map on a finer grid: score maps are band-limited by nature, so this is done in the Fourier domain."""

from __future__ import annotations

import torch


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
