"""What each kind of actor does with a box loss: a score to predict, a density to learn, or a loss to minimize.

By class name, so that it holds for the actors of a checkout too. Actors that train no box term are here as
well, with the reason and what to retrain instead. A class of another name may have a box term that is known by shape.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, build_box_similarity, describe
from siou_tracking.losses.box.entry import Role
from siou_tracking.retrain.actor_wrappers import BoxTarget, DenseBoxes, WatchedObjective, extend
from siou_tracking.retrain.by_shape.learn import learn_by_shape
from siou_tracking.retrain.by_shape.probe import Unrecognized
from siou_tracking.retrain.choice import BoxLossChoice, ResolvedBoxLoss
from siou_tracking.retrain.dense_loss import DenseLTRBLoss
from siou_tracking.retrain.density_target import density_exponent, target_density
from siou_tracking.retrain.score_target import score_target

MAXIMUM_LIKELIHOOD = (
    "trained by maximum likelihood (MLRegression), which has no target density to replace: retrain bbreg atom or "
    "atom_gmm_sampl, or dimp prdimp18, prdimp50, super_dimp"
)
Family = Callable[[Any, BoxLossChoice, Sequence[Any]], tuple[ResolvedBoxLoss, Any]]
"""Actor, what was asked for and loaders, to the resolved choice and the actor that learns it. Actors and loaders are of
either engine, or of a user's own classes: `Any`, known by the names of their classes and attributes alone."""
Learned = tuple[ResolvedBoxLoss, Any]


@dataclasses.dataclass(frozen=True)
class _Learns:
    """A family that learns a box loss in one role."""

    role: Role
    unit: str
    """Of its boxes, see `_require_lengths`."""
    learn: Callable[[Any, ResolvedBoxLoss, Sequence[Any]], Learned]

    def resolve(self, asked: BoxLossChoice, name: str) -> ResolvedBoxLoss:
        """The choice in this role; `name` is the actor's, for the message of an `InputError`."""
        _require_lengths(asked, name, self.unit)
        return asked.resolve(self.role)

    def __call__(self, actor: Any, asked: BoxLossChoice, loaders: Sequence[Any]) -> Learned:
        return self.learn(actor, self.resolve(asked, _name(actor)), loaders)


def _score(key: str | None, actor: Any, choice: ResolvedBoxLoss, loaders: Sequence[Any]) -> Learned:
    """The head predicts, for each proposal, its similarity with the target box."""
    similarity = build_box_similarity(choice.name, **choice.params, box_format="xywh")
    return choice, _with_target(actor, key, choice, "proposal_iou", partial(score_target, similarity=similarity))


def _density(key: str | None, actor: Any, choice: ResolvedBoxLoss, loaders: Sequence[Any]) -> Learned:
    """The head predicts an unnormalized log density over boxes."""
    objective = _objective(actor, key, choice.name)
    if "MLRegression" in (cls.__name__ for cls in type(objective).__mro__):
        raise InputError(f"box loss {choice.name}: {_name(actor)}: {MAXIMUM_LIKELIHOOD}")
    sigma = _gt_sigma(loaders, choice.name, actor)
    exponent = density_exponent(choice.name, choice.params, sigma)
    similarity = build_box_similarity(choice.name, **choice.params, box_format="xywh")
    choice = dataclasses.replace(choice, params={**choice.params, "sigma": sigma, "exponent": exponent})
    target = partial(target_density, similarity=similarity, exponent=exponent)
    return choice, _with_target(actor, key, choice, "gt_density", target)


def _dense(actor: Any, choice: ResolvedBoxLoss, loaders: Sequence[Any]) -> Learned:
    """The head regresses a box at each cell of a map."""
    _objective(actor, "giou", choice.name)
    loss = DenseLTRBLoss(build_box_loss(choice.name, **choice.params, box_format="ltrb", reduction="none"))
    return choice, extend(actor, DenseBoxes, **_objectives(actor, "giou", loss, choice.weight))


def _one_stage(actor: Any, choice: ResolvedBoxLoss, loaders: Sequence[Any]) -> Learned:
    """The actor takes a loss itself."""
    loss = build_box_loss(choice.name, **choice.params, box_format="xyxy", reduction="none")
    actor.set_box_loss(loss, choice.weight)
    return choice, actor


class _Refusal:
    """A family that trains no box term."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def resolve(self, asked: BoxLossChoice, name: str) -> NoReturn:
        """As `_Learns` has it."""
        raise InputError(f"box loss {asked.name}: {name}: {self.reason}")

    def __call__(self, actor: Any, asked: BoxLossChoice, loaders: Sequence[Any]) -> NoReturn:
        self.resolve(asked, _name(actor))


_MASKS = "learns masks and has no box term: retrain a tracker that learns boxes, such as dimp super_dimp or tomp tomp50"
FAMILIES: dict[str, _Learns | _Refusal] = {
    "AtomActor": _Learns("score", "pixels", partial(_score, None)),
    "DiMPActor": _Learns("score", "pixels", partial(_score, "iou")),
    "AtomBBKLActor": _Learns("density", "pixels", partial(_density, None)),
    "KLDiMPActor": _Learns("density", "pixels", partial(_density, "bb_ce")),
    "DiMPSimpleActor": _Learns("density", "pixels", partial(_density, "bb_ce")),
    "ToMPActor": _Learns("loss", "shares", _dense),
    "TaMOsActor": _Learns("loss", "shares", _dense),
    "OneStageMOTActor": _Learns("loss", "pixels", _one_stage),
    "KYSActor": _Refusal(
        "trains no box term, its box head is a frozen copy of DiMP-50's: retrain dimp dimp50 with this box loss and "
        "put its checkpoint where the kys settings read dimp50.pth"
    ),
    "TargetCandiateMatchingActor": _Refusal(  # sic, as PyTracking spells it
        "learns which candidate is the target, its boxes are SuperDiMP's: retrain dimp super_dimp with this box loss "
        "and give its checkpoint to KeepTrack as the base tracker"
    ),
    "LWLActor": _Refusal(_MASKS),
    "LWLBoxActor": _Refusal(_MASKS),
    "RTSActor": _Refusal(_MASKS),
}
"""Actor class name, also of a base class, to its family."""


def supported_actors() -> list[str]:
    """Class names of the actors whose box loss can be changed."""
    return [name for name, family in FAMILIES.items() if not isinstance(family, _Refusal)]


def refusal(actor: str) -> str | None:
    """Why an actor of this class name trains no box term, and what to retrain instead; None for any other."""
    family = FAMILIES.get(actor)
    return family.reason if isinstance(family, _Refusal) else None


def check_choice(actor: str, asked: BoxLossChoice) -> None:
    """What can be told of a choice by an actor's class name alone, before anything is built.

    Args:
        actor: a name in `FAMILIES`.
        asked: the choice.

    Raises:
        InputError: a loss that this actor cannot learn.
    """
    FAMILIES[actor].resolve(asked, actor)


def find_family(actor: Any) -> Family:
    """The family of the actor's class, or of the nearest of its bases; the family by shape where none is known."""
    for cls in type(actor).__mro__:
        if cls.__name__ in FAMILIES:
            return FAMILIES[cls.__name__]
    return _by_shape


def _by_shape(actor: Any, asked: BoxLossChoice, loaders: Sequence[Any]) -> Learned:
    """The head regresses boxes, and its loss is told by what it answers."""
    try:
        _require_lengths(asked, _name(actor), "shares")
        return learn_by_shape(actor, asked, loaders)
    except Unrecognized as error:
        raise InputError(
            f"box loss {asked.name}: {_name(actor)}: its box loss cannot be changed: supported are "
            f"{', '.join(supported_actors())}, and actors whose box objective answers (loss, iou): {error}"
        ) from None


def _require_lengths(asked: BoxLossChoice, actor: str, unit: str) -> None:
    """Refuse a loss that compares lengths with a default of another unit than that of the actor's boxes.

    Args:
        asked: the loss.
        actor: its class name, for the message.
        unit: of its boxes, "shares" of the crop or "pixels".

    Raises:
        InputError: such a length was left to its default.
    """
    for name, own in describe(asked.name).lengths.items():
        if own != unit and name not in asked.params:
            boxes = {"shares": "shares of the crop", "pixels": "pixels"}[unit]
            raise InputError(
                f"box loss {asked.name}: {actor}: its boxes are in {boxes}, {name}'s default is for {own}: give "
                f"--box-loss-param {name}=LENGTH in {boxes}"
            )


def _with_target(
    actor: Any, key: str | None, choice: ResolvedBoxLoss, field: str, target: Callable[[Any], torch.Tensor]
) -> Any:
    """The actor with another target in `field` of each batch."""
    # An objective on its own has no weight beside it: a weight asked for goes into the objective.
    watched = WatchedObjective(_objective(actor, key, choice.name), choice.weight if key is None else None)
    changes = {"objective": watched} if key is None else _objectives(actor, key, watched, choice.weight)
    return extend(actor, BoxTarget, box_field=field, box_target=target, box_objective=watched, **changes)


def _objective(actor: Any, key: str | None, name: str) -> Any:
    """The actor's box objective: the only one, or that called `key`."""
    if key is None:
        return actor.objective
    if key not in actor.objective or key not in actor.loss_weight:
        raise InputError(
            f"box loss {name}: {_name(actor)}: objectives: got {', '.join(actor.objective)} with weights "
            f"{', '.join(actor.loss_weight)}, allowed are ones with '{key}', the box term"
        )
    return actor.objective[key]


def _objectives(actor: Any, key: str, objective: Any, weight: float | None) -> dict[str, dict[str, Any]]:
    """The actor's objectives and weights with one exchanged; the actor's own dicts stay as they are."""
    weights = dict(actor.loss_weight)
    if weight is not None:
        weights[key] = weight
    return {"objective": {**actor.objective, key: objective}, "loss_weight": weights}


def _gt_sigma(loaders: Sequence[Any], loss: str, actor: Any) -> float:
    """Standard deviation of the center, in target sizes, of the target density that the data layer makes."""
    found = None
    for loader in sorted(loaders, key=lambda loader: not getattr(loader, "training", False)):
        processing = getattr(getattr(loader, "dataset", None), "processing", None)
        found = (getattr(processing, "proposal_params", None) or {}).get("gt_sigma")
        if found is not None:
            break
    sigma = float(found[0]) if found is not None else 0.0
    if not sigma > 0:
        got = "no gt_sigma in the loaders' proposal_params" if found is None else f"gt_sigma {tuple(found)}"
        raise InputError(
            f"box loss {loss}: {_name(actor)}: width of the target density: got {got}, allowed are "
            "positive numbers: without a width there is no density to replace"
        )
    return sigma


def _name(actor: Any) -> str:
    return type(actor).__name__
