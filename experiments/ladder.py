"""A ladder of steps (..., 0.1, 0.3, 1, 3, ...): which one suits a loss best."""

from __future__ import annotations

from collections.abc import Callable


def rung_step(rung: int) -> float:
    """A step of the ladder: 1 at 0, 3 at 1, 10 at 2, 0.3 at -1."""
    return float(f"{(1, 3)[rung % 2]}e{rung // 2}")


def climb_ladder(
    measure: Callable[[int], float], rungs: tuple[int, int], limits: tuple[int, int], search: bool = True
) -> tuple[int, dict[int, float]]:
    """The rung with the highest measure, the first tried of equal ones, and the measure of each that was tried.

    Args:
        measure: what a rung is worth; called once for each.
        rungs: first and last that is tried, as far as they lie within `limits`.
        limits: lowest and highest rung there is.
        search: whether to go on while the best one is an end.
    """
    lowest, highest = limits
    reached = {rung: measure(rung) for rung in range(max(rungs[0], lowest), min(rungs[1], highest) + 1)}
    while True:
        best = max(reached, key=lambda rung: reached[rung])
        beyond = best + 1 if best == max(reached) else best - 1
        if not search or beyond in reached or not lowest <= beyond <= highest:
            return best, reached
        reached[beyond] = measure(beyond)
