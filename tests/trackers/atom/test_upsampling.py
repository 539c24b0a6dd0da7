import math

import pytest
import torch

from siou_tracking.trackers.atom.upsampling import fourier_upsample


def signal(rows, columns, height, width):
    """Band-limited below the highest frequency of an 18 x 14 grid, period one; at fractions of the period."""
    y, x = rows[:, None] / height * 2 * math.pi, columns[None] / width * 2 * math.pi
    return 0.3 + torch.sin(3 * y + 2 * x) + 0.5 * torch.cos(5 * y - 6 * x) - 0.2 * torch.sin(8 * y) * torch.cos(x)


@pytest.mark.parametrize(("height", "width"), [(18, 14), (19, 15), (18, 15)])
def test_upsampling_reproduces_a_band_limited_signal(height, width):
    def grid(count):
        return torch.arange(count, dtype=torch.float64)

    coarse = signal(grid(height), grid(width), height, width)
    expected = signal(grid(270), grid(270), 270, 270)
    torch.testing.assert_close(fourier_upsample(coarse, 270), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("count", [4, 5, 18])
def test_upsampling_passes_through_the_samples(count):
    coarse = torch.randn(2, count, count, dtype=torch.float64)
    torch.testing.assert_close(fourier_upsample(coarse, 4 * count)[..., ::4, ::4], coarse)


def test_upsampling_to_the_same_size_changes_nothing():
    coarse = torch.randn(6, 6, dtype=torch.float64)
    torch.testing.assert_close(fourier_upsample(coarse, 6), coarse)
