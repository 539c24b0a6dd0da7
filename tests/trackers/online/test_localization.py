import math

import pytest
import torch

from siou_tracking.trackers.online.localization import localize
from siou_tracking.trackers.online.params import LocalizationParams

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
    return localize(score_map(*peaks), CENTER, (40.0, 40.0), LocalizationParams())


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
    assert localize(torch.full((SIZE, SIZE), math.nan), CENTER, (40.0, 40.0), LocalizationParams()).flag == "not_found"
