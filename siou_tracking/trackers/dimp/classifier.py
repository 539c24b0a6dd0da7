"""DiMP's target model: a filter that the network predicts from the first frame and improves on what is remembered."""

from __future__ import annotations

from typing import Any  # arguments of the network's optimizer

import torch

from siou_tracking.ltr.models.layers.activation import softmax_reg
from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.linear_filter import LinearFilter
from siou_tracking.trackers.dimp.params import DimpParams
from siou_tracking.trackers.online.memory import SampleMemory, gaussian_labels

LABEL_SIGMA = 1 / 4
"""Of given labels, in sides of the target in the first frame."""


def score_map(
    classifier: LinearFilter, weights: torch.Tensor, features: torch.Tensor, params: DimpParams
) -> torch.Tensor:
    """See `TargetFilter.scores`; `weights` is the filter (1, C, k, k)."""
    scores = classifier.classify(weights, features)[0, 0]
    if params.score_preprocess == "softmax":
        reg = getattr(classifier.filter_optimizer, "softmax_reg", None)
        scores = softmax_reg(scores.flatten(), 0, reg).view_as(scores)
    return scores


class TargetFilter:
    """Scores how target-like each cell of a search region is.

    Args:
        classifier: the network's.
        features: (N, C, H, W) of the first frame's copies, as `LinearFilter.extract_classification_feat` gives them.
        boxes: (N, 4) of the target in each, xywh in patch pixels.
        params: sizes, iterations.
    """

    def __init__(
        self, classifier: LinearFilter, features: torch.Tensor, boxes: torch.Tensor, params: DimpParams
    ) -> None:
        self._classifier = classifier
        self._params = params
        self._grid = (features.shape[-2], features.shape[-1])
        self._even = (classifier.filter_size + 1) % 2
        self._optimizer = classifier.filter_optimizer
        self.filter, _, _ = classifier.get_filter(features, boxes, num_iter=params.init_iter, **self._options(boxes))
        minimum = params.init_samples_minimum_weight
        self.memory = SampleMemory(features, boxes, params.memory_size, minimum, keep_first=minimum > 0, keep_sum=False)

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the score cell that answers to the middle of the search region."""
        return (self._grid[1] - 1 + self._even) / 2, (self._grid[0] - 1 + self._even) / 2

    @property
    def stride(self) -> float:
        """Patch pixels a cell."""
        return self._params.patch_size / self._grid[1]

    @property
    def half_cell(self) -> float:
        """How far beyond the target, in cells, regions are cut, so that it lies in the middle of a score cell."""
        return (self._grid[1] + self._classifier.filter_size) % 2 / 2

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """Scores (H', W') of features (1, C, H, W); for an even filter the map has one row and column more."""
        return score_map(self._classifier, self.filter, features, self._params)

    def store(self, features: torch.Tensor, box: torch.Tensor, rate: float) -> None:
        """Remember one sample (1, C, H, W) with the target in `box` (4,), xywh in patch pixels."""
        self.memory.add(features[0], box, rate)

    def update(self, iterations: int) -> None:
        """Improve the filter on all remembered samples."""
        memory = self.memory
        weights, options = memory.weights, self._options(memory.labels)
        if "train_label" in options:
            weights = weights.view(-1, 1, 1, 1)
        assert self._optimizer is not None
        self.filter, _, _ = self._optimizer(
            self.filter,
            feat=memory.features,
            bb=memory.labels,
            sample_weight=weights,
            num_iter=iterations,
            **options,
        )

    def _options(self, boxes: torch.Tensor) -> dict[str, Any]:
        """What this kind of optimizer is told besides: one without a learned label is given Gaussian ones."""
        if not isinstance(self._optimizer, GNSteepestDescent):
            return {"compute_losses": False}
        middle = boxes[:, :2] + (boxes[:, 2:] - 1) / 2 - (self._params.patch_size - 1) / 2
        centers = middle / self.stride + boxes.new_tensor(self.center)
        sigma = LABEL_SIGMA * self._grid[1] / self._params.search_area_factor
        labels = gaussian_labels(centers, sigma, self._grid[0] + self._even, self._grid[1] + self._even)
        return {"train_label": labels.unsqueeze(1)}  # [N, 1, H', W']
