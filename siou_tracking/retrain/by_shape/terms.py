"""The box term of one actor, where it was found, and how another loss takes its place there."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Any  # actors and objectives are a checkout's

from torch import nn

from siou_tracking.losses import build_box_loss
from siou_tracking.retrain.actor_wrappers import state_of
from siou_tracking.retrain.by_shape.code_names import Used
from siou_tracking.retrain.by_shape.criterion import exchange_criterion
from siou_tracking.retrain.by_shape.objective import BoxObjective
from siou_tracking.retrain.by_shape.probe import Answer
from siou_tracking.retrain.by_shape.watch import TermWatch
from siou_tracking.retrain.choice import ResolvedBoxLoss

Attributes = dict[str, Any]
Context = Callable[[], contextlib.AbstractContextManager[None]]
Put = Callable[[Any], tuple[Attributes, Context]]
"""Another objective, to the attributes of the actor that has it and what this actor's methods run in."""


@dataclasses.dataclass(frozen=True)
class BoxTerm:
    """Where the box term is."""

    name: str
    """What it is called there, such as "giou"."""
    key: str | None
    """Of its weight; None where it has none by name."""
    weight: float | None

    def exchange(self, actor: Any, choice: ResolvedBoxLoss, watch: TermWatch) -> tuple[Attributes, Context]:
        """What a copy of the actor needs to learn the loss; the actor and its objects stay as they are.

        Args:
            actor: whose term this is.
            choice: the loss.
            watch: keeps its errors.
        """
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class ObjectiveTerm(BoxTerm):
    """A callable that answers `(loss, iou)`."""

    original: Callable[..., Any]
    answer: Answer
    put: Put

    def exchange(self, actor: Any, choice: ResolvedBoxLoss, watch: TermWatch) -> tuple[Attributes, Context]:
        loss = build_box_loss(choice.name, **choice.params, **self.answer._asdict())
        objective = BoxObjective(loss, self.original, watch)
        attributes, at_work = self.put(objective)
        kept = {name: objective for name, one in state_of(actor).items() if one is self.original}
        attributes = {**kept, **attributes}
        if self.key is not None:
            attributes["loss_weight"] = _copied(actor.loss_weight)  # some actors set weights as they go
            if choice.weight is not None:
                attributes["loss_weight"][self.key] = choice.weight
        return attributes, at_work


@dataclasses.dataclass(frozen=True)
class CriterionTerm(BoxTerm):
    """`loss_boxes` of a set criterion; name and key are those of its `weight_dict`."""

    criterion: Any
    put: Put

    def exchange(self, actor: Any, choice: ResolvedBoxLoss, watch: TermWatch) -> tuple[Attributes, Context]:
        loss = build_box_loss(choice.name, **choice.params, box_format="cxcywh", reduction="sum")
        return self.put(exchange_criterion(self.criterion, self.name, loss, choice.weight, watch))


def as_the_objective(objective: Any) -> tuple[Attributes, Context]:
    """A `Put`: the actor has this one objective."""
    return {"objective": objective}, contextlib.nullcontext


def put_in_mapping(objectives: Mapping[str, Any] | nn.ModuleDict, key: str) -> Put:
    """Into a copy of the actor's objectives, under a key."""

    def put(objective: Any) -> tuple[Attributes, Context]:
        changed = _copied(objectives)
        changed[key] = objective
        return as_the_objective(changed)

    return put


def put_in_object(holder: Any, name: str) -> Put:
    """Into a copy of the actor's objective, which has the box loss as an attribute."""

    def put(objective: Any) -> tuple[Attributes, Context]:
        changed = copy.copy(holder)
        if isinstance(holder, nn.Module):
            vars(changed)["_modules"] = dict(vars(holder)["_modules"])  # shared with the copy otherwise
        setattr(changed, name, objective)
        return as_the_objective(changed)

    return put


def put_in_module(used: Used) -> Put:
    """In the place of a module's function, while a method of the actor works."""

    def put(objective: Any) -> tuple[Attributes, Context]:
        return {}, partial(_exchanged, used, objective)

    return put


def _copied(mapping: Any) -> Any:
    """A mapping of its own that can be changed."""
    if isinstance(mapping, nn.ModuleDict):
        return nn.ModuleDict(dict(mapping.items()))  # a copy would share its children
    return copy.copy(mapping) if isinstance(mapping, MutableMapping) else dict(mapping)


@contextlib.contextmanager
def _exchanged(used: Used, value: Any) -> Iterator[None]:
    before = used.value
    used.namespace[used.name] = value
    try:
        yield
    finally:
        used.namespace[used.name] = before
