import math

import pytest
import torch

from siou_tracking.trackers.atom.localization import fourier_upsample, localize
from siou_tracking.trackers.atom.params import AtomParams

SIZE, CENTER = 288, (144.0, 144.0)


def score_map(*peaks):
    """Bumps of sigma 8 px; each peak is (dx, dy, height)."""
    axis = torch.arange(SIZE, dtype=torch.float32)
    total = torch.zeros(SIZE, SIZE)
    for dx, dy, height in peaks:
        across, down = ((-0.5 * ((axis - 144 - shift) / 8) ** 2).exp() for shift in (dx, dy))
        total += height * down[:, None] * across[None]
    return total


def found(*peaks):
    return localize(score_map(*peaks), CENTER, (40.0, 40.0), AtomParams())


@pytest.mark.parametrize(
    ("peaks", "flag", "offset"),
    [
        ([(10, -20, 0.9)], "normal", (10, -20)),  # one clear peak
        ([(10, -20, 0.24)], "not_found", (10, -20)),  # below 0.25
        ([(0, 0, 0.9), (100, 0, 0.4)], "normal", (0, 0)),  # a second peak under half of the first
        ([(0, 0, 0.9), (100, 0, 0.6)], "hard_negative", (0, 0)),  # between 0.5 and 0.8
        ([(0, 0, 0.45), (100, 0, 0.24)], "normal", (0, 0)),  # above half, but itself below the threshold
        ([(10, 0, 0.9), (130, 0, 0.8)], "hard_negative", (10, 0)),  # rival far from the middle
        ([(130, 0, 0.9), (10, 0, 0.8)], "hard_negative", (10, 0)),  # the better one is far: the near one is taken
        ([(20, 0, 0.9), (-80, 0, 0.8)], "uncertain", (20, 0)),  # both near
        ([(130, 0, 0.9), (-130, 0, 0.8)], "uncertain", (130, 0)),  # both far
        ([(0, 0, 0.9), (20, 0, 0.85)], "normal", (1, 0)),  # inside the target's own neighborhood
    ],
)
def test_peaks_are_judged_by_height_and_distance(peaks, flag, offset):
    answer = found(*peaks)
    assert (answer.flag, answer.offset) == (flag, offset)


def test_scores_that_are_not_numbers_are_not_found():
    assert localize(torch.full((SIZE, SIZE), math.nan), CENTER, (40.0, 40.0), AtomParams()).flag == "not_found"


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
