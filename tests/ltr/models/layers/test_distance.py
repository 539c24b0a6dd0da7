"""Functions of a distance: hat functions by hand, and the same without making them."""

from __future__ import annotations

import torch

from siou_tracking.ltr.models.layers.distance import DistanceMap, center_distance


def test_distances_are_counted_from_the_center_in_cells() -> None:
    distance = center_distance(torch.tensor([[[1.0, 0.0]], [[1.0, 4.0]]]), (2, 3))
    assert distance.shape == (2, 1, 2, 3)
    torch.testing.assert_close(distance[0, 0], torch.tensor([[1, 2**0.5, 5**0.5], [0, 1, 2]]))
    torch.testing.assert_close(distance[1, 0, 1], torch.tensor([4.0, 3, 2]))


def test_bins_by_hand() -> None:
    # Distances 0, 1, 2, 3 of one row, bins half a cell apart at 0, 0.5 and 1: 1 and beyond are the last bin's.
    bins = DistanceMap(3, 0.5)(torch.tensor([[0.0, 0.0]]), (1, 4))
    assert bins[0, :, 0].T.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1]]
    # A center at -0.2 is 0.2, which is 0.4 bins, from the first cell.
    torch.testing.assert_close(
        DistanceMap(3, 0.5)(torch.tensor([[0.0, -0.2]]), (1, 1)).flatten(), torch.tensor([0.6, 0.4, 0.0])
    )


def test_reading_tables_is_weighing_the_bins() -> None:
    for bins, displacement in ((1, 1.0), (2, 3.0), (5, 1.0), (100, 0.1)):
        layer = DistanceMap(bins, displacement)
        tables = torch.randn(3, bins, dtype=torch.float64, requires_grad=True)
        center = torch.rand(4, 2, 2, dtype=torch.float64) * 9
        weighed = torch.einsum("fk,nkhw->fnhw", tables, layer(center, (6, 7))).view(3, 4, 2, 6, 7)
        read = layer.read(tables, center, (6, 7))
        torch.testing.assert_close(read, weighed)
        weight = torch.randn_like(read)
        expected = torch.autograd.grad((weighed * weight).sum(), tables)
        torch.testing.assert_close(torch.autograd.grad((read * weight).sum(), tables), expected)


def test_a_center_far_away_reads_the_last_value() -> None:
    tables = torch.tensor([[1.0, 2, 3]])
    assert DistanceMap(3).read(tables, torch.tensor([1e8, -1e8]), (2, 2)).tolist() == [[[3, 3], [3, 3]]]
