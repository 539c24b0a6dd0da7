"""How far numbers move when nothing of consequence changes, and refusal to store those that move far.

Another CPU, thread count or torch version adds up in another order. A network that multiplies such differences has
numbers that no reference can hold another machine to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from siou_tracking.errors import InputError
from tests.parity.exact_values import noise

Values = dict[str, Tensor]
"""A flat tensor for each quantity."""
Nudge = Callable[[Tensor], Tensor]
"""Moves a tensor by a little; keeps its shape and dtype."""
NUDGE = 1e-7
SMALLEST = 1e-3  # a quantity whose largest value lies below it would hold a comparison to nothing


@dataclass(frozen=True)
class Variation:
    """One way to compute the same again."""

    name: str
    nudge: Nudge | None = None
    threads: int = 1


def scaled(value: Tensor) -> Tensor:
    """All of a float64 tensor times one factor."""
    return value * (1 + NUDGE)


def scattered(value: Tensor) -> Tensor:
    """Each element of a float64 tensor times a factor of its own: a batch norm cancels a common one."""
    return value * (1 + NUDGE * noise(tuple(value.shape), 2001))


VARIATIONS = (
    Variation("inputs x (1 + 1e-7)", scaled),
    Variation("inputs x (1 +- up to 1e-7)", scattered),
    Variation("1 thread"),
    Variation("2 threads", threads=2),
    Variation("inputs x (1 +- up to 1e-7), 2 threads", scattered, 2),
)


@contextlib.contextmanager
def thread_count(count: int) -> Iterator[None]:
    """Inside the block torch computes with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def varied(compute: Callable[[Nudge | None], Values], variation: Variation) -> Values:
    """What `compute`, called with the nudge for its inputs, gives under a variation."""
    with thread_count(variation.threads):
        return compute(variation.nudge)


def moved(reference: Values, other: Values) -> dict[str, float]:
    """For each quantity the largest difference, in parts of the reference's largest value; NaN counts as infinity."""
    return {
        name: float(((other[name] - value).abs().max() / value.abs().max()).nan_to_num(nan=torch.inf))
        for name, value in reference.items()
    }


def refuse_unstable(what: str, movement: dict[str, float], tolerances: dict[str, float], variation: str) -> None:
    """Raise where a quantity moves by more than its tolerance.

    Args:
        what: whose quantities these are, for the message.
        movement: of `moved`.
        tolerances: for each quantity, in the same unit.
        variation: under which they moved.

    Raises:
        InputError: names the quantity that exceeds its tolerance most, how far it moved, and the tolerance.
    """
    worst = max(movement, key=lambda name: movement[name] / tolerances[name])
    if not movement[worst] <= tolerances[worst]:
        raise InputError(
            f"unstable quantity: {what}: {worst}: got {movement[worst]:.1e} of its largest value under {variation}, "
            f"expected at most {tolerances[worst]:g}; give batch norms more values to average, or leave it out"
        )


def refuse_small(what: str, values: Values) -> None:
    """Raise where all of a quantity is next to nothing, or not finite."""
    for name, value in values.items():
        largest = float(value.abs().max())
        if not SMALLEST < largest < torch.inf:
            raise InputError(
                f"useless quantity: {what}: {name}: got a largest value of {largest:g}, expected above {SMALLEST:g}; "
                "choose other samples of it"
            )
