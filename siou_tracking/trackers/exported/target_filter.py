"""DiMP's target model of an exported tracker: its graphs, and what it remembers in NumPy."""

from __future__ import annotations

import numpy as np

from siou_tracking.trackers.dimp.params import DimpParams
from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.online.sample_weights import SampleWeights


class ExportedTargetFilter:
    """As `dimp.classifier.TargetFilter`.

    Args:
        steps: the graphs.
        features: (N, C, H, W) of the first frame's copies.
        boxes: (N, 4) of the target in each, xywh in patch pixels.
        params: sizes.
    """

    def __init__(self, steps: Steps, features: np.ndarray, boxes: np.ndarray, params: DimpParams) -> None:
        self._steps = steps
        self._grid = features.shape[-2:]
        count, minimum = len(features), params.init_samples_minimum_weight
        (self.filter,) = steps.run("fit", features=features, boxes=boxes)
        self.stride = params.patch_size / self._grid[1]
        self.weights = SampleWeights(count, params.memory_size, minimum, keep_first=minimum > 0, keep_sum=False)
        self.samples = np.zeros((self.weights.capacity, *features.shape[1:]), np.float32)
        self.boxes = np.zeros((self.weights.capacity, 4), np.float32)
        self.samples[:count], self.boxes[:count] = features, boxes

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the score cell that answers to the middle of the search region."""
        even = (self.filter.shape[-1] + 1) % 2
        return (self._grid[1] - 1 + even) / 2, (self._grid[0] - 1 + even) / 2

    @property
    def half_cell(self) -> float:
        """How far beyond the target, in cells, regions are cut, so that it lies in the middle of a score cell."""
        return (self._grid[1] + self.filter.shape[-1]) % 2 / 2

    def scores(self, sample: np.ndarray) -> np.ndarray:
        """Scores (H', W') of features (1, C, H, W)."""
        (scores,) = self._steps.run("search", sample=sample, filter=self.filter)
        return scores

    def store(self, sample: np.ndarray, box: np.ndarray, rate: float) -> None:
        """Remember one sample (1, C, H, W) with the target in `box` (4,), xywh in patch pixels."""
        place = self.weights.add(rate)
        self.samples[place], self.boxes[place] = sample[0], box

    def update(self, hard: bool) -> None:
        """Improve the filter on all remembered samples, at a distractor or when its turn has come."""
        count = len(self.weights)
        (self.filter,) = self._steps.run(
            "update_hard" if hard else "update",
            filter=self.filter,
            samples=self.samples[:count],
            boxes=self.boxes[:count],
            weights=self.weights.values,
        )
