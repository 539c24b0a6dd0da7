"""ATOM's target model of an exported tracker: its graphs, and what it remembers in NumPy."""

from __future__ import annotations

import numpy as np

from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.sample_weights import SampleWeights


class ExportedTargetModel:
    """As `atom.classifier.TargetModel`.

    Args:
        steps: the graphs.
        stacked: (N, C, H, W) of the first frame, the unaltered sample first.
        offsets: (N, 2) as (x, y) in cells, the target's center from the middle of the map.
        target_cells: sqrt(w h) of the target in cells.
        params: see `AtomParams`.
        random: draws the start of filter and projection.
    """

    def __init__(
        self,
        steps: Steps,
        stacked: np.ndarray,
        offsets: np.ndarray,
        target_cells: float,
        params: AtomParams,
        random: TorchRandom,
    ) -> None:
        self._steps, self._params = steps, params
        self._sigma = max(target_cells * params.label_sigma, 1e-2)
        count, channels, height, width = stacked.shape
        self._grid = (height, width)
        labels = self._make_labels(offsets)
        kernel, compressed = params.kernel_size, params.compressed_dim
        projection = random.randn(compressed, channels) / np.float32(channels**0.5)
        start = random.randn(compressed, kernel, kernel)
        self.filter, self.projection = steps.run(
            "fit", filter=start / np.float32(start.size), projection=projection, stacked=stacked, labels=labels
        )
        self.weights = SampleWeights(count, params.memory_size, params.init_samples_minimum_weight)
        self.samples = np.zeros((self.weights.capacity, compressed, height, width), np.float32)
        self.labels = np.zeros((self.weights.capacity, height, width), np.float32)
        self.samples[:count] = np.matmul(self.projection, stacked.reshape(count, channels, -1)).reshape(
            count, compressed, height, width
        )
        self.labels[:count] = labels

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the score cell that answers to the middle of the search region."""
        half = 0.5 * (1 - self._params.kernel_size % 2)
        return (self._grid[1] - 1) / 2 + half, (self._grid[0] - 1) / 2 + half

    def search(self, stacked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Projected features (1, D, H, W) and scores (S, S), one a patch pixel, of features (1, C, H, W)."""
        projected, scores = self._steps.run("search", stacked=stacked, projection=self.projection, filter=self.filter)
        return projected, scores

    def store(self, projected: np.ndarray, offset: tuple[float, float], rate: float) -> None:
        """Remember one sample (1, D, H, W) whose target lies `offset` (x, y) cells from the middle."""
        place = self.weights.add(rate)
        self.samples[place] = projected[0]
        self.labels[place] = self._make_labels(np.array([offset], np.float32))[0]

    def update(self) -> None:
        """Improve the filter on all remembered samples."""
        count = len(self.weights)
        (self.filter,) = self._steps.run(
            "update",
            filter=self.filter,
            samples=self.samples[:count],
            labels=self.labels[:count],
            weights=self.weights.values,
        )

    def _make_labels(self, offsets: np.ndarray) -> np.ndarray:
        """One Gaussian bump a sample, (N, H, W)."""
        centers = offsets + np.array(self.center, np.float32)
        down, across = (
            np.exp(-0.5 * ((np.arange(length, dtype=np.float32) - centers[:, axis, None]) / self._sigma) ** 2)
            for length, axis in zip(self._grid, (1, 0), strict=True)
        )
        labels: np.ndarray = down[:, :, None] * across[:, None, :]
        return labels
