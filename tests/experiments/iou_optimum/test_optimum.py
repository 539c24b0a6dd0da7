"""The closed forms of best sizes are those that brute force finds, and a tie is one."""

from __future__ import annotations

import pytest
import torch

from experiments.iou_optimum.optimum import (
    TIE,
    check_closed_forms,
    iou_at,
    iou_optimal_sizes,
    smooth_optimal_sizes,
    tie_height,
)
from experiments.iou_optimum.run import smooth_score


def double(*values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("offset", "least", "largest"),
    [
        ((0, 0), (1, 1), (1, 1)),
        ((0.5, 0), (1.5, 1), (1.5, 1)),  # on an axis the box covers the target
        ((0, 0.5), (1, 1.5), (1, 1.5)),
        ((0.5, 0.5), (1.5, 1.5), (1.5, 1.5)),
        ((2, 0.25), (3, 0.75), (3, 0.75)),  # far in x: as high as both sides can share
        ((0.25, 2), (0.75, 3), (0.75, 3)),
        (TIE, (2, 0.5), (2, 1.5)),
        (TIE[::-1], (0.5, 2), (1.5, 2)),
    ],
)
def test_sizes_by_hand(offset: tuple[float, ...], least: tuple[float, ...], largest: tuple[float, ...]) -> None:
    found = iou_optimal_sizes(double(*offset))
    assert torch.equal(found[0], double(*least)) and torch.equal(found[1], double(*largest))


def test_brute_force_agrees() -> None:
    checks = check_closed_forms(smooth_score("bhattacharyya"), smooth_score("kl"), 40, seed=1)
    above = checks.pop("iou: most that brute force finds above the closed form")
    assert above < 1e-12 and checks.pop("offsets") == 40
    assert checks.pop("iou: largest spread over an interval of ties") < 1e-12
    assert checks.pop("iou: most that it stays below") < 1e-3  # its peak is a ridge, which a grid hardly hits
    assert max(checks.values()) < 1e-5


def test_every_height_ties_at_the_tie() -> None:
    heights = torch.linspace(TIE[1], 1 + TIE[1], 1001).double()
    reached = iou_at(double(*TIE), torch.stack((torch.full_like(heights, 2.0), heights), -1))
    torch.testing.assert_close(reached, torch.full_like(reached, 1 / 3), rtol=0, atol=1e-12)
    assert float(tie_height(double(TIE[0]))) == TIE[1]


def test_smooth_iou_wants_the_target_at_its_center_and_one_size_elsewhere() -> None:
    for divergence in ("bhattacharyya", "kl"):
        assert torch.equal(smooth_optimal_sizes(double(0, 0), divergence), double(1, 1))
    assert float(smooth_optimal_sizes(double(2, 0))[0]) == pytest.approx((2 + 5**0.5) ** 0.5)
    assert float(smooth_optimal_sizes(double(2, 0), "kl")[0]) == pytest.approx(5**0.5)
