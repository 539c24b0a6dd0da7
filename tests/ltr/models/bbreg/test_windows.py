"""Parts of a map through two convolutions, beside the same parts of the whole map."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from siou_tracking.ltr.models.bbreg.windows import convolve_window, find_window
from siou_tracking.ltr.models.layers.blocks import ConvBlock

ROWS, COLUMNS = 7, 6


@pytest.fixture(scope="module")
def blocks() -> list[ConvBlock]:
    torch.manual_seed(0)
    blocks = [ConvBlock(3, 4, 3), ConvBlock(4, 2, 3)]
    for block in blocks:
        block[1].running_mean.normal_()
        block[1].bias.data.normal_()
    return [block.double().eval().requires_grad_(False) for block in blocks]


@pytest.fixture(scope="module")
def features() -> torch.Tensor:
    return torch.randn(1, 3, ROWS, COLUMNS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_every_window_is_that_part_of_the_whole(blocks: list[ConvBlock], features: torch.Tensor) -> None:
    whole = blocks[1](blocks[0](features))
    rows, columns = (itertools.combinations_with_replacement(range(size), 2) for size in (ROWS, COLUMNS))
    for (top, bottom), (left, right) in itertools.product(rows, columns):
        window = find_window(features, 0.5, (2 * left, 2 * top), (2 * right, 2 * bottom))
        assert window.origin == (left, top)
        got = convolve_window(blocks, features, window)
        torch.testing.assert_close(got, whole[..., top : bottom + 1, left : right + 1])


def test_a_window_reads_no_more_than_it_depends_on(features: torch.Tensor) -> None:
    inside = find_window(features, 1.0, (2, 3), (3, 3))
    assert inside.seen == (slice(1, 6), slice(0, 6))
    assert inside.rims == ((0, 0, 0, 0), (0, 0, 0, 0))
    assert find_window(features, 1.0, (0, 0), (1, 1)).rims == ((1, 0, 1, 0), (1, 0, 1, 0))


@pytest.mark.parametrize(
    ("low", "high", "shape"),
    [
        ((-9.0, -math.inf), (math.inf, 99.0), (ROWS, COLUMNS)),
        ((math.inf, math.inf), (math.inf, math.inf), (1, 1)),
        ((-9.0, -9.0), (-5.0, -5.0), (1, 1)),
        ((1.2, 2.7), (3.1, 4.0), (3, 4)),
    ],
)
def test_corners_beyond_the_map_end_at_its_border(
    blocks: list[ConvBlock], features: torch.Tensor, low: tuple[float, float], high: tuple[float, float], shape: object
) -> None:
    assert convolve_window(blocks, features, find_window(features, 1.0, low, high)).shape[2:] == shape
