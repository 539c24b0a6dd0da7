"""Another box target or loss for an actor whose class is not ours to change.

Works from outside, by what an actor is called with and what it calls: so it holds for the embedded engine's actors and
for those of a checkout.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import MemberDescriptorType
from typing import Any

import torch
from torch import nn

from siou_tracking.retrain.ranking import Stats, ranking_stats


def extend(actor: Any, behavior: type, **attributes: Any) -> Any:
    """A copy of `actor` with `behavior` in front of its class, and `attributes`.

    The copy's class has the name of the actor's own, which is what a checkpoint files it under. Network and objectives
    are the actor's own objects; the actor itself is left as it was.
    """
    own = type(actor)
    # A property would hide an attribute of its name.
    hidden = {key: one for key, one in attributes.items() if isinstance(inspect.getattr_static(own, key, 0), property)}
    cls = type(own.__name__, (behavior, own), {"__module__": own.__module__, "__doc__": own.__doc__, **hidden})
    # A new object: the class of one that is there cannot be exchanged for this where it derives from ABC or Generic.
    changed: Any = object.__new__(cls)
    state = {**state_of(actor), **attributes}
    for name, slot in _slots(own).items():
        if name in state:
            slot.__set__(changed, state.pop(name))
    vars(changed).update(state)
    return changed


def state_of(actor: Any) -> dict[str, Any]:
    """The attributes of an actor itself, those in slots too."""
    slots = {name: getattr(actor, name) for name in _slots(type(actor)) if hasattr(actor, name)}
    return {**slots, **getattr(actor, "__dict__", {})}


def _slots(cls: type) -> dict[str, MemberDescriptorType]:
    members = {name: inspect.getattr_static(cls, name) for name in dir(cls)}
    return {name: one for name, one in members.items() if isinstance(one, MemberDescriptorType)}


def name_after(cls: type, own: type) -> None:
    """Give a class the name of another, which checkpoints are filed under."""
    cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__ = (
        own.__name__,
        own.__qualname__,
        own.__module__,
        own.__doc__,
    )


class Heard:
    """Behavior for `extend`: counts in `calls`, which its copies share, that the actor was called."""

    calls: list[int]

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.calls[0] += 1
        return super().__call__(*args, **options)  # type: ignore[misc]  # the actor's own class, see `extend`


class WatchedObjective(nn.Module):
    """An objective that keeps the scores it was last called with, detached, in `scores`.

    Args:
        objective: called with scores first; anything after them is passed on.
        factor: on its result; None leaves it.
    """

    scores: torch.Tensor | None

    def __init__(self, objective: Any, factor: float | None = None) -> None:
        super().__init__()
        self.objective = objective
        self.factor = factor
        self.scores = None

    def forward(self, scores: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """The objective's result, times the factor."""
        self.scores = scores.detach()
        loss: torch.Tensor = self.objective(scores, *args, **kwargs)
        return loss if self.factor is None else self.factor * loss


class BoxTarget:
    """Behavior for `extend`: sets one field of the batch, then leaves the batch to the actor.

    The field is recomputed from the boxes in the batch, in the training process: proposals, workers and network stay as
    they are. True IoUs join the statistics where the actor does not give them.

    Attributes:
        box_field: `proposal_iou` or `gt_density`.
        box_target: function of the batch to that field's values.
        box_objective: the actor's box objective.
    """

    box_field: str
    box_target: Callable[[Any], torch.Tensor]
    box_objective: WatchedObjective

    def __call__(self, data: Any) -> tuple[torch.Tensor, Stats]:
        data[self.box_field] = self.box_target(data)
        loss, stats = super().__call__(data)  # type: ignore[misc]  # the actor's own class stands behind, see `extend`
        if "IoU/mean" not in stats and self.box_objective.scores is not None:
            stats.update(_as_stats_type(ranking_stats(self.box_objective.scores, data), stats))
        return loss, stats


class DenseBoxes:
    """Behavior for `extend`: `IoU/mean`, the actor's own `mIoU` or the mean of its heads' `mIoU_<head>`."""

    def __call__(self, data: Any) -> tuple[torch.Tensor, Stats]:
        loss, stats = super().__call__(data)  # type: ignore[misc]  # the actor's own class stands behind, see `extend`
        heads = [value for name, value in stats.items() if name.startswith("mIoU") and "pred_center" not in name]
        if heads:
            stats["IoU/mean"] = sum(heads) / len(heads)
        return loss, stats


def _as_stats_type(new: dict[str, torch.Tensor], stats: Stats) -> Stats:
    """Tensors if the actor's own statistics are, else numbers, which its trainer then averages and pickles."""
    if any(isinstance(value, torch.Tensor) for value in stats.values()):
        return dict(new)
    return dict(zip(new, torch.stack(list(new.values())).tolist(), strict=True))
