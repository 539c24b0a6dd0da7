"""Losses of score maps against label maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_LEAST_COUNT = 1e-12
"""Added to a count of samples, so that none of them gives 0."""


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
        loss: Tensor = self.error_metric(*_hinged(prediction, label, self.threshold))
        return loss if self.clip is None else loss.clamp(max=self.clip)


class LBHingev2(nn.Module):
    """As `LBHinge`, for maps of which some do not count.

    Args:
        error_metric: compares two maps; mean squared error unless given, for each cell where a loss per sequence is
            asked for.
        threshold: labels below it are background; None for no hinge.
        return_per_sequence: a loss for each map instead of one for all.
    """

    def __init__(
        self, error_metric: nn.Module | None = None, threshold: float | None = None, return_per_sequence: bool = False
    ) -> None:
        super().__init__()
        reduction = "none" if return_per_sequence else "mean"
        self.error_metric = nn.MSELoss(reduction=reduction) if error_metric is None else error_metric
        self.threshold = -100 if threshold is None else threshold
        self.return_per_sequence = return_per_sequence

    def forward(
        self, prediction: Tensor, label: Tensor, target_bb: Tensor | None = None, valid_samples: Tensor | None = None
    ) -> Tensor:
        """The loss, 0-dim, or (images, sequences) per sequence, 0 for those that do not count.

        Args:
            prediction, label: scores and labels (images, sequences, rows, columns).
            target_bb: not used.
            valid_samples: 1 or True for those that count, broadcast to the maps; None for all.

        Raises:
            ValueError: maps of other dimensions.
        """
        if prediction.dim() != 4 or label.dim() != 4:
            got = f"{tuple(prediction.shape)} and {tuple(label.shape)}"
            raise ValueError(f"LBHingev2: maps: got {got}, expected (images, sequences, rows, columns)")
        scores, wanted = _hinged(prediction, label, self.threshold)
        if valid_samples is not None:
            valid = valid_samples.to(scores.dtype)
            scores, wanted = scores * valid, wanted * valid
        loss: Tensor = self.error_metric(scores, wanted)
        if self.return_per_sequence:
            return loss.mean(dim=(-2, -1))
        return loss if valid_samples is None else loss * (valid.numel() / (valid.sum() + _LEAST_COUNT))


def _hinged(prediction: Tensor, label: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Scores and labels to compare: where labels are below the threshold, the positive part of scores and zero."""
    background = label < threshold
    return torch.where(background, functional.relu(prediction), prediction), label.masked_fill(background, 0)
