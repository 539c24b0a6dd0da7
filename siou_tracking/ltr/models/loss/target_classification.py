"""Losses of score maps against label maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class LBHinge(nn.Module):
    """A regression loss that is a hinge on the background (DiMP, section 3.4).

    Where the label is below the threshold, scores below zero cost nothing and those above their distance to zero.

    Args:
        error_metric: compares two maps; mean squared error unless given.
        threshold: labels below it are background; None for no hinge.
        clip: an upper bound on the loss.
    """

    def __init__(
        self, error_metric: nn.Module | None = None, threshold: float | None = None, clip: float | None = None
    ) -> None:
        super().__init__()
        self.error_metric = nn.MSELoss() if error_metric is None else error_metric
        self.threshold = -100 if threshold is None else threshold
        self.clip = clip

    def forward(self, prediction: Tensor, label: Tensor, target_bb: Tensor | None = None) -> Tensor:
        """Scores and labels of one shape -> what `error_metric` gives. target_bb: not used."""
        background = label < self.threshold
        scores = torch.where(background, functional.relu(prediction), prediction)
        loss: Tensor = self.error_metric(scores, label.masked_fill(background, 0))
        return loss if self.clip is None else loss.clamp(max=self.clip)
