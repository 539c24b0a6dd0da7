"""The values that weights and inputs are made of: pinned, spread, unrelated between streams, and of full rank."""

from __future__ import annotations

import torch

from tests.parity.exact_values import noise


def test_values_are_pinned_to_the_last_bit() -> None:
    assert (noise((4,), 0) * 2**23).tolist() == [-7415160, 7400979, -1865053, -5126003]
    assert (noise((2, 2), 1234) * 2**23).flatten().tolist() == [1039750, 8003502, -156273, -4494509]


def test_float32_holds_every_value() -> None:
    values = noise((1000,), 5)
    assert torch.equal(values.float().double(), values)


def test_values_are_spread_evenly_and_streams_are_unrelated() -> None:
    one, two = noise((100_000,), 3), noise((100_000,), 4)
    assert one.min() >= -1
    assert one.max() < 1
    assert torch.allclose(torch.histc(one, 10), torch.tensor(10_000.0).double(), rtol=0.05)
    assert abs(float((one * two).mean())) < 5e-3
    assert abs(float((one[1:] * one[:-1]).mean())) < 5e-3


def test_a_matrix_of_them_has_full_rank() -> None:
    assert torch.linalg.matrix_rank(noise((40, 60), 6)) == 40
