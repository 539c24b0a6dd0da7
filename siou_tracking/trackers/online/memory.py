"""The samples a target model has seen and how much each still counts."""

from __future__ import annotations

import torch

from siou_tracking.trackers.online.sample_weights import SampleWeights


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

    A later sample takes a free place, else that of the lightest sample, and enters with weight `rate` relative to the
    sample before it (exponential forgetting); the first frame's samples together never fall below `minimum`. Rule of
    PyTracking's trackers.

    Args:
        features: (n, D, H, W) of the first frame, equally weighted.
        labels: (n, ...) where the target is in each, in whatever form its user wants.
        capacity: samples to keep, at least n + 1.
        minimum: see above.
        keep_first: the first frame's samples are never replaced.
        keep_sum: the sum stays one when the minimum takes hold; PyTracking's may be off by thousandths.
    """

    def __init__(
        self,
        features: torch.Tensor,
        labels: torch.Tensor,
        capacity: int,
        minimum: float,
        keep_first: bool = True,
        keep_sum: bool = True,
    ) -> None:
        self._counts = SampleWeights(len(features), capacity, minimum, keep_first, keep_sum)
        self._features = features.new_zeros(self._counts.capacity, *features.shape[1:])
        self._labels = labels.new_zeros(self._counts.capacity, *labels.shape[1:])
        self._features[: len(features)] = features
        self._labels[: len(labels)] = labels

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def features(self) -> torch.Tensor:
        """(len, D, H, W)."""
        return self._features[: len(self)]

    @property
    def labels(self) -> torch.Tensor:
        """(len, H, W)."""
        return self._labels[: len(self)]

    @property
    def weights(self) -> torch.Tensor:
        """(len,), non-negative, sum 1, on the features' device."""
        return torch.from_numpy(self._counts.values).to(self._features)

    def add(self, features: torch.Tensor, labels: torch.Tensor, rate: float) -> int:
        """Store one sample (D, H, W) with its label (H, W) and return its place; `rate` lies in (0, 1)."""
        place = self._counts.add(rate)
        self._features[place] = features
        self._labels[place] = labels
        return place
