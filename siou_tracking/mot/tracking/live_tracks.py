"""The tracks that an on-line tracker keeps, a row each, so that all of them are moved at once."""

from __future__ import annotations

import dataclasses

import numpy as np

UNCONFIRMED, TRACKED, LOST = range(3)
"""Seen once so far; seen in the last frame; seen before it but not in it."""


@dataclasses.dataclass
class LiveTracks:
    """n tracks."""

    identity: np.ndarray
    """(n,) int64, from 1; never given twice."""
    status: np.ndarray
    """(n,) int8."""
    motion: np.ndarray
    """(n, 5, 4), see `kalman`."""
    feature: np.ndarray
    """(n, D) float32 of unit length: what the track looked like of late."""
    box: np.ndarray
    """(n, 4) float64 xyxy of the last detection."""
    score: np.ndarray
    """(n,) float32 of the last detection."""
    first: np.ndarray
    """(n,) int64: frame of birth."""
    last: np.ndarray
    """(n,) int64: frame of the last detection."""

    @classmethod
    def empty(cls, dimensions: int) -> LiveTracks:
        """No track, features of `dimensions` numbers."""
        whole = np.zeros(0, dtype=np.int64)
        return cls(
            whole,
            np.zeros(0, dtype=np.int8),
            np.zeros((0, 5, 4)),
            np.zeros((0, dimensions), dtype=np.float32),
            np.zeros((0, 4)),
            np.zeros(0, dtype=np.float32),
            whole,
            whole,
        )

    def __len__(self) -> int:
        return len(self.identity)

    def rows(self, index: np.ndarray) -> LiveTracks:
        """The tracks at `index`, integers or a mask."""
        return LiveTracks(*(column[index] for column in self._columns()))

    def joined(self, other: LiveTracks) -> LiveTracks:
        """These tracks and then the other ones."""
        pairs = zip(self._columns(), other._columns(), strict=True)
        return LiveTracks(*(np.concatenate(pair) for pair in pairs))

    def _columns(self) -> tuple[np.ndarray, ...]:
        return tuple(vars(self).values())
