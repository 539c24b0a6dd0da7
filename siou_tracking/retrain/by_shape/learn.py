"""The actor that learns another box loss in the place where its own was found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any  # actors are a checkout's

from siou_tracking.errors import InputError
from siou_tracking.retrain.actor_wrappers import extend, state_of
from siou_tracking.retrain.by_shape.code_names import CodeNames
from siou_tracking.retrain.by_shape.refusals import refuse_ambiguous_alias
from siou_tracking.retrain.by_shape.search import find_box_term
from siou_tracking.retrain.by_shape.terms import BoxTerm, CriterionTerm
from siou_tracking.retrain.by_shape.watch import TermWatch, raising_kept_errors
from siou_tracking.retrain.choice import BoxLossChoice, ReplacedTerm, ResolvedBoxLoss


def learn_by_shape(actor: Any, asked: BoxLossChoice, loaders: Sequence[Any] = ()) -> tuple[ResolvedBoxLoss, Any]:
    """The loss, and a copy of the actor that learns it; see `search` for where.

    Args:
        actor: any; it stays as it is, with its objectives and the dicts that hold them.
        asked: the loss.
        loaders: not looked at.

    Raises:
        InputError: the actor has a box term that nothing learns, none at all, a weight that is not to be had, or the
            loss was asked for by an alias that means another one there.
        Unrecognized: nothing in the actor answers as a box loss.
    """
    name = type(actor).__name__
    try:
        term = find_box_term(actor)
        if asked.weight is not None and term.key is None:
            raise InputError(f"has no weight of its {term.name} by name: leave --box-loss-weight out")
        if asked.weight is not None and not _reads_its_weights(actor, term):
            raise InputError("its code reads no loss_weight, but what it kept of it: leave --box-loss-weight out")
        if asked.weight is None and term.weight == 0:
            raise InputError(f"the weight of its {term.name} is 0, so nothing learns from it: give --box-loss-weight")
    except InputError as error:
        raise InputError(f"box loss {asked.name}: {name}: {error}") from None
    refuse_ambiguous_alias(asked, name)
    choice = asked.resolve("loss")
    choice = dataclasses.replace(choice, replaced=ReplacedTerm(term.name, term.key, term.weight))
    watch = TermWatch(choice.name, term.name, actor)
    attributes, at_work = term.exchange(actor, choice, watch)
    exchanged = {id(getattr(actor, key)): value for key, value in attributes.items() if hasattr(actor, key)}
    attributes = {key: exchanged[id(one)] for key, one in state_of(actor).items() if id(one) in exchanged} | attributes
    behavior = raising_kept_errors(type(actor), watch, at_work)
    return choice, extend(actor, behavior, box_term_watch=watch, **attributes)


def _reads_its_weights(actor: Any, term: BoxTerm) -> bool:
    """Whether a method, and not the constructor alone, reads the weights where the actor has them."""
    if isinstance(term, CriterionTerm):
        return True
    names = {"loss_weight", *(key for key, one in state_of(actor).items() if one is actor.loss_weight)}
    return any(map(CodeNames(type(actor)).reads, names))
