"""The encoding of a cell is made of sines and cosines of its place between the edges."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.transformer.position_encoding import NerfPositionalEncoding, PositionEmbeddingSine


def test_channels_are_x_and_y_of_each_frequency_sines_first() -> None:
    encoding = PositionEmbeddingSine(4, avoid_aliazing=True, max_spatial_resolution=(6, 8))
    codes = encoding(torch.zeros(1, 3, 4, dtype=torch.bool))
    assert codes.shape == (1, 8, 3, 4) and codes.dtype == torch.float32
    x, y = 1.5 / 4, 2.5 / 3  # row 2, column 1
    angles = [f * 8 / 2 * math.pi * place for f in (1, 2) for place in (x, y)]
    expected = [*map(math.sin, angles), *map(math.cos, angles)]
    torch.testing.assert_close(codes[0, :, 2, 1], torch.tensor(expected), atol=2e-5, rtol=0)


def test_padding_does_not_count() -> None:
    mask = torch.zeros(1, 3, 5, dtype=torch.bool)
    mask[:, :, 3:] = True
    encoding = PositionEmbeddingSine(4, max_spatial_resolution=3)
    torch.testing.assert_close(encoding(mask)[..., :3], encoding(torch.zeros(1, 3, 3, dtype=torch.bool)))


def test_frequencies_can_double() -> None:
    out = NerfPositionalEncoding(3, "exp_sine")(torch.tensor([[0.1]]))
    torch.testing.assert_close(out[0, :3], torch.tensor([math.sin(f * math.pi * 0.1) for f in (1, 2, 4)]))


def test_wrong_options_are_one_line() -> None:
    with pytest.raises(InputError, match="unknown sine_type 'sine': allowed are exp_sine, lin_sine"):
        NerfPositionalEncoding(3, "sine")
    with pytest.raises(InputError, match="avoid_aliasing: got no max_spatial_resolution"):
        NerfPositionalEncoding(3, avoid_aliasing=True)
