"""ToMP's box loss by upstream's name, call and return."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.ltr.models.loss.bbr_loss import GIoULoss


def maps(*cells: list[float]) -> torch.Tensor:
    """Distances (1, 1, 4, 1, n) of n cells in a row."""
    return torch.tensor(cells).float().T.reshape(1, 1, 4, 1, -1)


def test_loss_is_the_mean_over_the_region_and_ious_are_of_its_cells():
    # The target is 2 x 2; the first cell's box covers it and as much again: IoU 1/2, hull = union, GIoU loss 1/2.
    # The second cell's box is right, the third is not asked for.
    target = maps([1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1])
    pred = maps([1, 1, 3, 1], [1, 1, 1, 1], [9, 9, 9, 9]).requires_grad_()
    region = torch.tensor([True, True, False]).reshape(1, 1, 1, 1, 3)
    loss, ious = GIoULoss()(pred, target, region)
    assert loss.item() == pytest.approx(0.25)
    assert ious.tolist() == pytest.approx([0.5, 1.0])
    loss.backward()
    assert pred.grad[..., 0].abs().sum() > 0 and not pred.grad[..., 2].any()
    same, ious_of_numbers = GIoULoss()(pred[0], target, region.squeeze(2).float())  # as trackers call it too
    assert torch.equal(same, loss) and torch.equal(ious_of_numbers, ious)


@pytest.mark.parametrize("region", [None, torch.zeros(1, 1, 1, 1, 2)])
def test_without_a_region_every_cell_counts(region: torch.Tensor | None):
    # Boxes of 2 x 2 that lie side by side with a gap of 2: IoU 0, hull 12, union 8, loss 1 + 4/12.
    loss, ious = GIoULoss()(maps([1, 1, 1, 1], [1, 1, 1, 1]), maps([1, 1, 1, 1], [-3, 1, 5, 1]), region)
    assert ious.tolist() == [1.0, 0.0]
    assert loss.item() == pytest.approx((0 + 4 / 3) / 2)
    ious[ious == 1] = 0  # they may be overwritten
