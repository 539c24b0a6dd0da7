"""The hinge on the background, by hand."""

from __future__ import annotations

import torch
from torch import nn

from siou_tracking.ltr.models.loss import LBHinge

SCORES, LABELS = torch.tensor([[-3.0, 2.0, 0.5, -0.5]]), torch.tensor([[0.01, 0.04, 1.0, 0.3]])


def test_scores_below_zero_cost_nothing_on_the_background() -> None:
    # Background: 0 and 2 squared; target: 0.5 and 0.8 squared.
    torch.testing.assert_close(LBHinge(threshold=0.05)(SCORES, LABELS), torch.tensor((0 + 4 + 0.25 + 0.64) / 4))


def test_without_a_threshold_it_is_the_metric_and_a_clip_bounds_it() -> None:
    torch.testing.assert_close(LBHinge()(SCORES, LABELS), nn.functional.mse_loss(SCORES, LABELS))
    assert LBHinge(threshold=0.05, clip=0.5)(SCORES, LABELS, None).item() == 0.5
    absolute = LBHinge(error_metric=nn.L1Loss(), threshold=0.05)
    torch.testing.assert_close(absolute(SCORES, LABELS), torch.tensor((0 + 2 + 0.5 + 0.8) / 4))
