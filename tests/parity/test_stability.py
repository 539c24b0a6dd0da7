"""What moves too far is named; what holds a comparison to nothing is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from tests.parity.stability import (
    VARIATIONS,
    moved,
    refuse_small,
    refuse_unstable,
    scaled,
    scattered,
    thread_count,
    varied,
)


def test_a_batch_norm_over_two_close_values_is_refused_and_named() -> None:
    norm = nn.BatchNorm1d(2, eps=1e-30).double()
    close = torch.tensor([[1.0, 1.0], [1.0 + 1e-9, 1.0 - 1e-9]], dtype=torch.float64)

    def compute(nudge) -> dict[str, Tensor]:
        value = nudge(close) if nudge else close
        return {"input": value.flatten(), "output": norm(value).detach().flatten()}

    tolerances = {"input": 1e-5, "output": 1e-5}
    refuse_unstable("net", moved(compute(None), compute(scaled)), tolerances, "nudge")  # a common factor cancels
    with pytest.raises(
        InputError, match=r"^unstable quantity: net: output: got 2.* under nudge, expected at most 1e-05"
    ):
        refuse_unstable("net", moved(compute(None), compute(scattered)), tolerances, "nudge")


def test_movement_is_in_parts_of_the_largest_value_and_nan_is_never_small() -> None:
    reference = {"a": torch.tensor([4.0, -1.0]), "b": torch.tensor([1.0])}
    movement = moved(reference, {"a": torch.tensor([4.0, -2.0]), "b": torch.tensor([torch.nan])})
    assert movement == {"a": 0.25, "b": torch.inf}
    refuse_unstable("net", {"a": 0.25}, {"a": 0.25}, "any")
    with pytest.raises(InputError, match="net: b: got inf"):
        refuse_unstable("net", movement, {"a": 0.5, "b": 0.5}, "any")


@pytest.mark.parametrize("value", [0.0, 1e-4, torch.nan, torch.inf])
def test_a_quantity_without_size_is_refused(value: float) -> None:
    with pytest.raises(InputError, match=r"^useless quantity: net: a: got a largest value of"):
        refuse_small("net", {"a": torch.tensor([0.0, value])})


def test_variations_nudge_and_set_threads_for_as_long_as_they_last() -> None:
    seen = []
    before = torch.get_num_threads()
    ones = torch.ones(50, dtype=torch.float64)

    def compute(nudge) -> dict[str, Tensor]:
        seen.append((torch.get_num_threads(), nudge is not None and float((nudge(ones) - 1).abs().max())))
        return {}

    for variation in VARIATIONS:
        varied(compute, variation)
    assert [threads for threads, _ in seen] == [1, 1, 1, 2, 2]
    assert [size for _, size in seen] == [pytest.approx(1e-7, rel=0.1)] * 2 + [False] * 2 + [
        pytest.approx(1e-7, rel=0.1)
    ]
    assert torch.get_num_threads() == before
    with thread_count(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == before
