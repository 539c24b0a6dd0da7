"""Losses that are a mean over a number of terms that differs from process to process.

Gradients are averaged over processes with equal weight. Where a loss is the mean over the cells of a map that lie on a
target, or over the frames that show one, each process has another number of them: its mean is weighted by its number,
so that the average is the mean over all, as in one process.
"""

from __future__ import annotations

from typing import Any  # an actor and its objectives, whose classes are not known here

import torch
import torch.distributed as dist

from siou_tracking.ltr.trainers import distributed


def share_means(actor: Any) -> None:
    """Weight the box terms of `actor` that need it; its own mapping of objectives is left as it was."""
    objectives = getattr(actor, "objective", None)
    if not isinstance(objectives, dict):
        return
    changed = {
        name: _Weighted(objective, _COUNTS[name])
        for name, objective in objectives.items()
        if name in _COUNTS and not isinstance(objective, _Weighted)
    }
    if changed:
        actor.objective = {**objectives, **changed}


def _count_cells(args: tuple[Any, ...], options: dict[str, Any]) -> torch.Tensor | None:
    """Of a dense loss: the weighted cells. A call without weights is for a statistic, and not all make it."""
    weights = args[2] if len(args) > 2 else options.get("weights")
    return None if weights is None else (weights > 0).sum()


def _count_rows(args: tuple[Any, ...], options: dict[str, Any]) -> torch.Tensor | None:
    """Of a density's loss: the frames with a target, the others are taken out before."""
    return torch.tensor(len(args[0]), device=args[0].device)


_COUNTS = {"giou": _count_cells, "bb_ce": _count_rows}


class _Weighted:
    """An objective whose first result is weighted by its number of terms over the mean number of a process."""

    def __init__(self, objective: Any, count: Any) -> None:
        self.objective = objective
        self.count = count

    def __call__(self, *args: Any, **options: Any) -> Any:
        own = self.count(args, options)
        result = self.objective(*args, **options)
        if own is None:
            return result
        total = own.to(torch.float32)
        own = total.clone()
        dist.all_reduce(total)
        # Without any term at all the objective is the mean over everything, of which processes have equal numbers.
        weight = torch.where(total > 0, own * distributed.world_size() / total.clamp(min=1), 1.0)
        return (result[0] * weight, *result[1:]) if isinstance(result, tuple) else result * weight

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)
