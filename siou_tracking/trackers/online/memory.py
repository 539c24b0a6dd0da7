"""The samples a target model has seen and how much each still counts."""

from __future__ import annotations

import torch


def gaussian_labels(centers: torch.Tensor, sigma: float, height: int, width: int) -> torch.Tensor:
    """One Gaussian bump a sample.

    Args:
        centers: (N, 2) as (x, y) in cells, index coordinates of the score map.
        sigma: standard deviation in cells.
        height: rows of the map.
        width: columns of the map.

    Returns:
        (N, height, width), 1 at the center.
    """
    columns = torch.arange(width, device=centers.device, dtype=centers.dtype) - centers[:, :1]
    rows = torch.arange(height, device=centers.device, dtype=centers.dtype) - centers[:, 1:]
    across, down = (torch.exp(-0.5 * (axis / sigma) ** 2) for axis in (columns, rows))
    return down[:, :, None] * across[:, None, :]


class SampleMemory:
    """A fixed number of samples with weights that sum to one.

    The first frame's samples are never replaced. A later sample takes a free place, else that of the lightest later
    sample, and enters with weight `rate` relative to the sample before it (exponential forgetting); the first frame's
    samples together never fall below `minimum`. Rule of PyTracking's ATOM, except that the sum stays one when the
    minimum takes hold (there it may be off by thousandths).
    """

    def __init__(self, features: torch.Tensor, labels: torch.Tensor, capacity: int, minimum: float) -> None:
        """Start with the first frame's features (n, D, H, W) and labels (n, H, W), equally weighted."""
        self.initial = features.shape[0]
        capacity = max(capacity, self.initial + 1)
        self._features = features.new_zeros(capacity, *features.shape[1:])
        self._labels = labels.new_zeros(capacity, *labels.shape[1:])
        # On the CPU, where the lightest sample is looked for at every frame; double, for each frame divides them again.
        self._weights = torch.zeros(capacity, dtype=torch.float64)
        self._features[: self.initial] = features
        self._labels[: self.initial] = labels
        self._weights[: self.initial] = 1 / self.initial
        self._minimum = minimum
        self._stored = self.initial
        self._last: int | None = None

    def __len__(self) -> int:
        return self._stored

    @property
    def features(self) -> torch.Tensor:
        """(len, D, H, W)."""
        return self._features[: self._stored]

    @property
    def labels(self) -> torch.Tensor:
        """(len, H, W)."""
        return self._labels[: self._stored]

    @property
    def weights(self) -> torch.Tensor:
        """(len,), non-negative, sum 1, on the features' device."""
        return self._weights[: self._stored].to(self._features)

    def add(self, features: torch.Tensor, labels: torch.Tensor, rate: float) -> int:
        """Store one sample (D, H, W) with its label (H, W) and return its place; `rate` lies in (0, 1)."""
        if self._stored < len(self._weights):
            place = self._stored
            self._stored += 1
        else:
            place = self.initial + int(self._weights[self.initial :].argmin())
        self._reweigh(place, rate)
        self._features[place] = features
        self._labels[place] = labels
        self._last = place
        return place

    def _reweigh(self, place: int, rate: float) -> None:
        weights = self._weights
        if self._last is None:
            weights /= 1 - rate
            weights[place] = rate
        else:
            weights[place] = weights[self._last] / (1 - rate)
        weights /= weights.sum()
        if weights[: self.initial].sum() < self._minimum:
            weights[self.initial :] *= (1 - self._minimum) / weights[self.initial :].sum()
            weights[: self.initial] = self._minimum / self.initial
