"""Constant velocity for many boxes at once: a Kalman filter on center, aspect ratio and height.

Measured are (cx, cy, aspect, height), aspect = width / height, in pixels and frames; the state adds their velocities.
Every noise covariance is diagonal and a velocity moves its own coordinate only, so the usual filter with eight states
falls apart, exactly, into four filters with two states each. Their 2x2 covariances need no matrix inversion, and all
tracks are done by the same few array operations.

A state is `(n, 5, 4)`: per track five rows of four coordinates, see `POSITION` to `VELOCITY_VARIANCE`.

The noise, in fractions of the height, is that of DeepSORT (Wojke et al., ICIP 2017), which later trackers kept.
"""

from __future__ import annotations

import numpy as np

POSITION, VELOCITY, VARIANCE, COVARIANCE, VELOCITY_VARIANCE = range(5)
"""Rows of a state: mean position, mean velocity, and the three entries of each coordinate's 2x2 covariance."""
CHI2_95 = 9.487729036781154
"""A true match's squared Mahalanobis distance in four coordinates stays below this in 95 of 100 cases."""

_PER_HEIGHT = np.array([1.0, 1.0, 0.0, 1.0])
_ASPECT = np.array([0.0, 0.0, 1.0, 0.0])
_POSITION_WEIGHT, _VELOCITY_WEIGHT = 1 / 20, 1 / 160
_ASPECT_STD, _ASPECT_VELOCITY_STD, _ASPECT_MEASURED_STD = 1e-2, 1e-5, 1e-1
_HEIGHT = 3


def measure_box(boxes: np.ndarray) -> np.ndarray:
    """(cx, cy, aspect, height) `(n, 4)` float64 of boxes `(n, 4)` xyxy with positive sides."""
    corners = np.asarray(boxes, dtype=np.float64)
    measured = np.empty_like(corners)
    measured[:, :2] = (corners[:, :2] + corners[:, 2:]) / 2
    measured[:, 2:] = corners[:, 2:] - corners[:, :2]
    measured[:, 2] /= measured[:, 3]
    return measured


def boxes_of(state: np.ndarray) -> np.ndarray:
    """Boxes `(n, 4)` xyxy at the mean positions of a state `(n, 5, 4)`."""
    position = state[:, POSITION]
    half = position[:, [_HEIGHT, _HEIGHT]] / 2
    half[:, 0] *= position[:, 2]
    return np.concatenate((position[:, :2] - half, position[:, :2] + half), axis=1)


def initiate(measured: np.ndarray) -> np.ndarray:
    """The state `(n, 5, 4)` of tracks seen once, at `measured` `(n, 4)`: at rest, with wide variances."""
    state = np.zeros((len(measured), 5, 4))
    state[:, POSITION] = measured
    heights = measured[:, _HEIGHT]
    state[:, VARIANCE] = _variance(heights, 2 * _POSITION_WEIGHT, _ASPECT_STD)
    state[:, VELOCITY_VARIANCE] = _variance(heights, 10 * _VELOCITY_WEIGHT, _ASPECT_VELOCITY_STD)
    return state


def predict(state: np.ndarray) -> np.ndarray:
    """The state `(n, 5, 4)` one frame later.

    An aspect or height that its velocity would carry to zero or below stays as it is, so that boxes keep an area.
    """
    position, velocity, variance, covariance, velocity_variance = (state[:, row] for row in range(5))
    heights = position[:, _HEIGHT]
    moved = position + velocity
    moved[:, 2:] = np.where(moved[:, 2:] > 0, moved[:, 2:], position[:, 2:])
    later = np.empty_like(state)
    later[:, POSITION] = moved
    later[:, VELOCITY] = velocity
    later[:, VARIANCE] = variance + 2 * covariance + velocity_variance
    later[:, VARIANCE] += _variance(heights, _POSITION_WEIGHT, _ASPECT_STD)
    later[:, COVARIANCE] = covariance + velocity_variance
    later[:, VELOCITY_VARIANCE] = velocity_variance + _variance(heights, _VELOCITY_WEIGHT, _ASPECT_VELOCITY_STD)
    return later


def update(state: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """The state `(n, 5, 4)` after each track was measured at its row of `measured` `(n, 4)`."""
    total = _innovation(state)
    gain, velocity_gain = state[:, VARIANCE] / total, state[:, COVARIANCE] / total
    surprise = measured - state[:, POSITION]
    after = state.copy()
    after[:, POSITION] += gain * surprise
    after[:, VELOCITY] += velocity_gain * surprise
    after[:, VELOCITY_VARIANCE] -= velocity_gain * state[:, COVARIANCE]
    after[:, VARIANCE] *= 1 - gain
    after[:, COVARIANCE] *= 1 - gain
    return after


def mahalanobis(state: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distances `(n, m)` of tracks `(n, 5, 4)` to measurements `(m, 4)`, as likely as chi2(4)."""
    # sum (z - x)^2 / s = (1/s) z^2 - 2 (x/s) z + x^2/s would be one product, but it cancels far from the origin
    surprise = measured[None] - state[:, None, POSITION]
    return np.einsum("nmc,nmc,nc->nm", surprise, surprise, 1 / _innovation(state))


def _innovation(state: np.ndarray) -> np.ndarray:
    """Variance `(n, 4)` of a measurement as the state expects it."""
    return state[:, VARIANCE] + _variance(state[:, POSITION, _HEIGHT], _POSITION_WEIGHT, _ASPECT_MEASURED_STD)


def _variance(heights: np.ndarray, weight: float, aspect_std: float) -> np.ndarray:
    """Noise variances `(n, 4)`: a fraction of the height for positions in pixels, a constant for the aspect."""
    return (weight * heights[:, None] * _PER_HEIGHT + aspect_std * _ASPECT) ** 2
