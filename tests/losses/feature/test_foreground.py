"""Rows from a map are the cells that were asked for, and padding never counts."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import DIMLoss, gather_centers, gather_heatmap


@pytest.fixture
def feature_map() -> torch.Tensor:
    return torch.randn(2, 8, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_centers_are_read_at_y_and_x(feature_map: torch.Tensor) -> None:
    places = [[(1, 3), (4, 6)], [(0, 0), (2, 5)]]
    cells = torch.tensor([[y * 7 + x for y, x in image] for image in places])
    rows = gather_centers(feature_map, cells, torch.ones(2, 2), ids=torch.tensor([[5, 6], [7, 5]]))
    expected = torch.stack([feature_map[image, :, y, x] for image in range(2) for y, x in places[image]])
    assert torch.equal(rows.features, expected)
    assert rows.batch_index.tolist() == [0, 0, 1, 1]
    assert rows.ids.tolist() == [5, 6, 7, 5]


@pytest.mark.parametrize("spread", ["center", "pairwise"])
@pytest.mark.parametrize("center", ["batch", "image"])
def test_padding_changes_neither_loss_nor_gradient(feature_map: torch.Tensor, center: str, spread: str) -> None:
    loss = DIMLoss(1.0, 0.9, center=center, spread=spread)
    cells = torch.tensor([[3, 8, 11, 0], [20, 34, 5, 1]])
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])
    feature_map.requires_grad_()
    padded = loss(*gather_centers(feature_map, cells, mask))
    rows = torch.cat([feature_map[i].flatten(1)[:, cells[i][mask[i] > 0]].T for i in range(2)])
    plain = loss(rows, torch.tensor([0, 0, 0, 1, 1]))
    assert plain > 0
    torch.testing.assert_close(padded, plain)
    slopes = [torch.autograd.grad(value, feature_map)[0] for value in (padded, plain)]
    torch.testing.assert_close(*slopes)


def test_no_object_in_any_image_costs_nothing_and_keeps_the_graph(feature_map: torch.Tensor) -> None:
    feature_map.requires_grad_()
    nothing = gather_centers(feature_map, torch.zeros(2, 3, dtype=torch.long), torch.zeros(2, 3))
    for rows in (nothing, gather_heatmap(feature_map, torch.zeros(2, 1, 5, 7), 0.5)):
        value = DIMLoss(1.0, 0.5)(*rows)
        (slope,) = torch.autograd.grad(value, feature_map)
        assert value == 0
        assert not slope.any()


def test_heatmap_cells_count_with_their_target_from_the_threshold_up(feature_map: torch.Tensor) -> None:
    heatmap = torch.zeros(2, 3, 5, 7, dtype=torch.float64)
    heatmap[0, 0, 2, 2], heatmap[0, 2, 2, 3], heatmap[1, 1, 4, 4], heatmap[1, 0, 0, 0] = 1.0, 0.7, 0.5, 0.49
    chosen = torch.stack((feature_map[0, :, 2, 2], feature_map[0, :, 2, 3], feature_map[1, :, 4, 4]))
    weights = torch.tensor([1.0, 0.7, 0.5], dtype=torch.float64)
    center = (weights[:, None] * chosen).sum(0) / 2.2
    d = (chosen - center).square().mean(1).sqrt()
    expected = (weights * (d - 0.1).square()).sum() / 2.2
    for limit in (None, 3):
        rows = gather_heatmap(feature_map, heatmap, 0.5, limit=limit)
        assert len(rows.features) == 2 * (limit or 35)
        torch.testing.assert_close(DIMLoss(0.1, 0.0)(*rows), expected)


def test_heatmap_cells_carry_the_identity_of_their_object(feature_map: torch.Tensor) -> None:
    heatmap, ids = torch.zeros(2, 1, 5, 7), torch.zeros(2, 5, 7, dtype=torch.long)
    heatmap[0, 0, 1, 1:4], ids[0, 1, 1:3], ids[0, 1, 3] = 1, 8, 9
    rows = gather_heatmap(feature_map, heatmap, 1.0, ids, limit=3)
    assert sorted(rows.ids[rows.weights > 0].tolist()) == [8, 8, 9]


def test_shapes_and_ranges_that_do_not_fit_are_named(feature_map: torch.Tensor) -> None:
    cells, heatmap = torch.zeros(2, 3, dtype=torch.long), torch.zeros(2, 1, 5, 7)
    calls = {
        "mask: got shape": lambda: gather_centers(feature_map, cells, torch.ones(2, 4)),
        "cells: got shape": lambda: gather_centers(feature_map, cells[:1], torch.ones(1, 3)),
        "feature_map: got shape": lambda: gather_centers(feature_map[0], cells, torch.ones(2, 3)),
        "heatmap: got shape": lambda: gather_heatmap(feature_map, heatmap[..., :4], 0.5),
        "ids: got shape": lambda: gather_heatmap(feature_map, heatmap, 0.5, torch.zeros(2, 5, 6)),
        "threshold: got 0": lambda: gather_heatmap(feature_map, heatmap, 0),
        "limit: got 0": lambda: gather_heatmap(feature_map, heatmap, 0.5, limit=0),
    }
    for message, call in calls.items():
        with pytest.raises(InputError, match=message):
            call()
