"""The simulation has the cases that the paper names."""

from __future__ import annotations

import pytest
import torch

from experiments.box_regression.protocol import (
    CASES_PER_POINT,
    POINTS,
    anchor_points,
    cases,
    step_share,
)


def test_the_paper_counts_1715000_cases() -> None:
    assert POINTS * CASES_PER_POINT == 1_715_000


def test_a_point_has_every_anchor_with_every_target() -> None:
    anchors, targets = cases(torch.tensor([[9.0, 11.0], [10.0, 12.0]]))
    assert anchors.shape == targets.shape == (4, 2 * 343)
    assert torch.unique(torch.cat((anchors, targets)), dim=1).shape == (8, 686)
    assert torch.equal(anchors[:2, 342:344], torch.tensor([[9.0, 11.0], [10.0, 12.0]]))
    assert torch.equal(targets[:2], torch.full((2, 686), 10.0))
    torch.testing.assert_close(targets[2] * targets[3], torch.ones(686))
    area = torch.unique((anchors[2] * anchors[3]).round(decimals=4))
    torch.testing.assert_close(area, torch.tensor([0.5, 0.67, 0.75, 1, 1.33, 1.5, 2]))
    ratio = torch.unique((anchors[2] / anchors[3]).round(decimals=4))
    torch.testing.assert_close(ratio, torch.tensor([0.25, 0.3333, 0.5, 1, 2, 3, 4]))


def test_points_fill_the_disk_evenly() -> None:
    radius = (anchor_points(20_000) - 10).norm(dim=0)
    assert float(radius.max()) <= 3.0001
    assert float((radius < 1.5).float().mean()) == pytest.approx(0.25, abs=0.01)


def test_points_follow_the_seed() -> None:
    assert torch.equal(anchor_points(5, 1), anchor_points(5, 1))
    assert not torch.equal(anchor_points(5, 1), anchor_points(5, 2))


def test_the_step_falls_twice() -> None:
    shares = [step_share(iteration, 200) for iteration in range(200)]
    assert [shares.count(value) for value in (1.0, 0.1, 0.01)] == [160, 20, 20]
    assert shares == sorted(shares, reverse=True)
