"""How much each remembered sample still counts, and which one gives its place to a new one."""

from __future__ import annotations

import numpy as np


class SampleWeights:
    """Weights of a fixed number of places that sum to one; rules as `memory.SampleMemory` says.

    Args:
        initial: the first frame's samples, equally weighted, in the first places.
        capacity: places, at least one more than `initial`.
        minimum: share that the first frame's samples keep together.
        keep_first: the first frame's samples are never replaced.
        keep_sum: the sum stays one when the minimum takes hold.
    """

    def __init__(
        self, initial: int, capacity: int, minimum: float, keep_first: bool = True, keep_sum: bool = True
    ) -> None:
        self._initial, self._minimum = initial, minimum
        self._kept, self._keep_sum = initial if keep_first else 0, keep_sum
        self._weights = np.zeros(max(capacity, initial + 1))  # double, for each frame divides them again
        self._weights[:initial] = 1 / initial
        self._stored = initial
        self._last: int | None = None

    def __len__(self) -> int:
        return self._stored

    @property
    def capacity(self) -> int:
        """Places."""
        return len(self._weights)

    @property
    def values(self) -> np.ndarray:
        """(len,) float64, non-negative, sum 1."""
        return self._weights[: self._stored]

    def add(self, rate: float) -> int:
        """The place of a new sample, which is weighted by `rate`, in (0, 1)."""
        if self._stored < self.capacity:
            place = self._stored
            self._stored += 1
        else:
            place = self._kept + int(self._weights[self._kept :].argmin())
        self._reweigh(place, rate)
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
        if weights[: self._initial].sum() < self._minimum:
            others = weights[self._initial :].sum()
            weights[self._initial :] *= (1 - self._minimum) / others if self._keep_sum else 1 / (self._minimum + others)
            weights[: self._initial] = self._minimum / self._initial
