"""Paths and slow variation over the frames of a sequence."""

from __future__ import annotations

import numpy as np


def drift(rng: np.random.Generator, length: int, knot: float, deviation: float) -> np.ndarray:
    """(length,) smooth random curve: normal knots every `knot` frames joined by cosine blends."""
    count = int(np.ceil(length / knot)) + 3
    knots = rng.standard_normal(count) * deviation
    place = np.arange(length) / knot + rng.uniform(0, 1)
    index = place.astype(int)
    blend = (1 - np.cos(np.pi * (place - index))) / 2
    return knots[index] * (1 - blend) + knots[index + 1] * blend


def wander(
    rng: np.random.Generator,
    length: int,
    low: np.ndarray,
    high: np.ndarray,
    step: float,
    jump: float = 0.03,
    outside: float = 0.0,
) -> np.ndarray:
    """(length, 2) path that keeps a heading, turns, stops, darts, and comes back when it leaves low..high.

    Args:
        low, high: (2,) corners of the region that it stays in, pixels.
        step: typical speed, pixels a frame.
        jump: chance of a sudden change of velocity in a frame.
        outside: how far past the region it may go before it is pulled back, pixels.
    """
    heading = rng.uniform(0, 2 * np.pi)
    cruise = np.array([np.cos(heading), 0.6 * np.sin(heading)]) * step * rng.uniform(0.5, 1.2)
    velocity, position = cruise.copy(), rng.uniform(low, high)
    noise = rng.standard_normal((length, 2)) * step * 0.35
    luck, path = rng.random(length), np.empty((length, 2))
    for frame in range(length):
        path[frame] = position
        if luck[frame] < jump:
            velocity = velocity + rng.standard_normal(2) * step * 3
            cruise = rng.standard_normal(2) * step * np.array([1.0, 0.6])
        below, above = position < low - outside, position > high + outside
        cruise = np.where(below, np.abs(cruise), np.where(above, -np.abs(cruise), cruise))
        pull = np.where(below, low - position, np.where(above, high - position, 0.0)) * 0.12
        velocity = 0.82 * velocity + 0.18 * cruise + noise[frame] + pull
        position = position + velocity
    return path
