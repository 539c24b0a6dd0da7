"""The hinge on the background, by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from siou_tracking.ltr.models.loss import LBHinge, LBHingev2

SCORES, LABELS = torch.tensor([[-3.0, 2.0, 0.5, -0.5]]), torch.tensor([[0.01, 0.04, 1.0, 0.3]])


def test_scores_below_zero_cost_nothing_on_the_background() -> None:
    # Background: 0 and 2 squared; target: 0.5 and 0.8 squared.
    torch.testing.assert_close(LBHinge(threshold=0.05)(SCORES, LABELS), torch.tensor((0 + 4 + 0.25 + 0.64) / 4))


def test_without_a_threshold_it_is_the_metric_and_a_clip_bounds_it() -> None:
    torch.testing.assert_close(LBHinge()(SCORES, LABELS), nn.functional.mse_loss(SCORES, LABELS))
    assert LBHinge(threshold=0.05, clip=0.5)(SCORES, LABELS, None).item() == 0.5
    absolute = LBHinge(error_metric=nn.L1Loss(), threshold=0.05)
    torch.testing.assert_close(absolute(SCORES, LABELS), torch.tensor((0 + 2 + 0.5 + 0.8) / 4))


MAPS = torch.tensor([[[[0.5, -2.0]], [[1.0, 3.0]]]]), torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
"""One image of two sequences, maps of one row: squared errors 0.25 and 0 (hinged), 1 and 4."""


def test_maps_that_do_not_count_leave_the_mean_of_the_others():
    loss = LBHingev2(threshold=0.05)
    assert loss(*MAPS).item() == pytest.approx(5.25 / 4)
    valid = torch.tensor([[[[1]], [[0]]]])
    assert loss(*MAPS, valid_samples=valid).item() == pytest.approx(0.125)
    assert loss(*MAPS, valid_samples=0 * valid).item() == 0


def test_a_loss_per_sequence_is_each_maps_mean():
    loss = LBHingev2(threshold=0.05, return_per_sequence=True)
    assert loss(*MAPS).tolist() == [[pytest.approx(0.125), pytest.approx(2.5)]]
    assert loss(*MAPS, valid_samples=torch.tensor([[[[False]], [[True]]]])).tolist() == [[0, pytest.approx(2.5)]]


def test_maps_of_other_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"LBHingev2: maps: got \(1, 2\) and \(1, 2\), expected \(images"):
        LBHingev2()(MAPS[0][0, 0], MAPS[1][0, 0])
