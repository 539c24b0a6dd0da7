"""Where an actor has its box term, told by shape: names of classes and checkouts play no part.

Looked for in this order:

1. a set criterion, as the actor's objective or among its objectives: its `loss_boxes`;
2. a box objective by key, "giou", else "ciou", else "iou" (AiATrack's "iou" beside "giou" is a target of scores), else
   the one that answers as a box loss, whatever its name, where the actor's code has `.objective['giou']`;
3. a function of the module that the actor's code calls by name, with `iou` or `loss` in its name, and that answers as a
   box loss: so ARTrack computes it, while its `objective['giou']` is never called;
4. the objective of 2 where no code shows how it is called: should it not be, the first step says so;
5. an attribute of the objective with a name of 2.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any  # actors and objectives are a checkout's

from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.retrain.by_shape.code_names import CodeNames, Used
from siou_tracking.retrain.by_shape.criterion import is_criterion
from siou_tracking.retrain.by_shape.probe import Answer, Unrecognized, probe
from siou_tracking.retrain.by_shape.refusals import TOKENS, why_no_box_term
from siou_tracking.retrain.by_shape.terms import (
    BoxTerm,
    CriterionTerm,
    ObjectiveTerm,
    Put,
    as_the_objective,
    put_in_mapping,
    put_in_module,
    put_in_object,
)

KEYS = ("giou", "ciou", "iou")


def find_box_term(actor: Any) -> BoxTerm:
    """The box term of an actor; see the top of this file.

    Raises:
        InputError: it has one that nothing learns, or none that could be learned; the reason, without the actor's name.
        Unrecognized: nothing in it answers as a box loss.
    """
    objective = getattr(actor, "objective", None)
    parts: dict[str, Any] = {}
    if isinstance(objective, Mapping | nn.ModuleDict):
        parts = {str(key): value for key, value in objective.items()}
    criterion = next(_criteria(objective, parts), None)
    if criterion is not None:
        return criterion
    reason = why_no_box_term(actor, set(parts))
    if reason is not None:
        raise InputError(reason)
    weights = getattr(actor, "loss_weight", None)
    weights = weights if isinstance(weights, Mapping) else {}
    code = CodeNames(type(actor))
    key = _box_key(objective, parts, weights) or _answering_key(parts, code, actor)
    if key is None or (parts and not code.subscripts("objective", key)):
        function = _module_function(actor, code)
        if function is not None:
            used, answer = function
            key = next((one for one in KEYS if one in weights and code.subscripts("loss_weight", one)), key)
            return _objective_term(used.name, key, weights, used.value, answer, put_in_module(used))
    if key is None:
        if "ce" in parts:
            raise InputError(TOKENS)
        raise Unrecognized(_what_it_has(objective, parts))
    original = parts[key] if parts else getattr(objective, key)
    try:
        answer = probe(original, actor)
    except Unrecognized as error:
        raise Unrecognized(f"its objective '{key}' {error}") from None
    put = put_in_mapping(actor.objective, key) if parts else put_in_object(objective, key)
    return _objective_term(key, key, weights, original, answer, put)


def _objective_term(
    name: str, key: str | None, weights: Mapping[str, Any], original: Any, answer: Answer, put: Put
) -> ObjectiveTerm:
    weighted = key if key in weights else None
    weight = None if weighted is None else _number(weights[weighted], name)
    return ObjectiveTerm(name, weighted, weight, original=original, answer=answer, put=put)


def _number(weight: Any, name: str) -> float:
    try:
        return float(weight)
    except (TypeError, ValueError, RuntimeError):  # the last of a tensor with several elements
        raise InputError(f"the weight of its {name} is {weight!r}, expected one number") from None


def _criteria(objective: Any, parts: dict[str, Any]) -> Iterator[CriterionTerm]:
    """Set criteria among the objectives, by each key that a box term has in one."""
    for place, candidate in parts.items() or [(None, objective)]:
        for name in (f"loss_{key}" for key in KEYS):
            if is_criterion(candidate, name):
                put = as_the_objective if place is None else put_in_mapping(objective, place)
                yield CriterionTerm(
                    name, name, _number(candidate.weight_dict[name], name), criterion=candidate, put=put
                )


def _box_key(objective: Any, parts: dict[str, Any], weights: Mapping[str, Any]) -> str | None:
    for key in KEYS:
        present = key in parts if parts else callable(getattr(objective, key, None))
        if present and (key != "iou" or key in weights):
            return key
    return None


def _answering_key(parts: dict[str, Any], code: CodeNames, actor: Any) -> str | None:
    """The objective of another name that the code calls and that answers as a box loss: private copies rename all."""
    found = []
    for key, candidate in parts.items():
        if key not in KEYS and code.subscripts("objective", key):
            with contextlib.suppress(Unrecognized):
                probe(candidate, actor)
                found.append(key)
    if len(found) > 1:
        raise Unrecognized(
            f"its objectives {' and '.join(found)} all answer as a box loss, of which one only can be it"
        )
    return found[0] if found else None


def _module_function(actor: Any, code: CodeNames) -> tuple[Used, Answer] | None:
    """The function that the actor's code calls by name and that answers as a box loss."""
    answers = []

    def answers_as_a_loss(used: Used) -> bool:
        likely = callable(used.value) and not isinstance(used.value, type)
        if likely and any(part in used.name.casefold() for part in ("iou", "loss")):
            with contextlib.suppress(Unrecognized):
                answers.append(probe(used.value, actor))
                return True
        return False

    found = code.find(answers_as_a_loss)
    if len(found) > 1:
        names = " and ".join(used.name for used in found)
        raise Unrecognized(f"its code calls {names}, of which one only can be the box loss")
    return (found[0], answers[0]) if found else None


def _what_it_has(objective: Any, parts: dict[str, Any]) -> str:
    wanted = f"{', '.join(KEYS[:-1])} or {KEYS[-1]}"
    if parts:
        unfit = f"none called {wanted} that has a weight, and none that answers as a box loss"
        return f"its objectives are {', '.join(parts)}, with {unfit}"
    return f"its objective is a {type(objective).__name__}, no set criterion and without {wanted}"
