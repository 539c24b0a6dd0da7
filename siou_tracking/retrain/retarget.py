"""The one place where a training gets another box loss: its trainer hands over the actor and takes back one that learns
it. Data, network, optimizer and schedule stay the settings file's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siou_tracking.errors import InputError
from siou_tracking.losses import registered_box_losses
from siou_tracking.retrain.actor_wrappers import Heard, extend
from siou_tracking.retrain.by_shape.watch import TermWatch
from siou_tracking.retrain.choice import (
    BoxLossChoice,
    ResolvedBoxLoss,
    chosen_box_loss,
    folder_name,
    set_box_loss,
)
from siou_tracking.retrain.families import find_family

_LEARNED = "learned_box_loss"
"""Attribute of an actor: the choice it learns, and what its family made of it."""


def retarget(
    actor: Any, settings: Any, loaders: Sequence[Any] = (), flag: BoxLossChoice | None = None
) -> tuple[ResolvedBoxLoss | None, Any]:
    """The actor that learns the box loss asked for, and that loss; (None, actor) if nobody asks for one.

    What changes depends on the actor, by the name of its class: the score it predicts (AtomActor, DiMPActor), the
    target density it learns (KLDiMPActor, DiMPSimpleActor, AtomBBKLActor) or the loss of the boxes it regresses
    (ToMPActor, TaMOsActor, OneStageMOTActor); in a class of another name, the box loss that is told by its shape.
    Changes `settings.project_path`, so that a run never continues from, or mixes with, one of another box loss. An
    actor that learns the choice already is given back as it is.

    Args:
        actor: the settings file's; of the embedded engine or of a checkout, hence without a type.
        settings: of the run, likewise; a settings file's own choice is in them, and afterwards the one that counts.
        loaders: of the run; a target density is as wide as the one their processing makes.
        flag: the command line's choice, which wins.

    Raises:
        InputError: an actor that has no box loss to change, that this choice does not suit, or that learns another.
    """
    choice = flag or chosen_box_loss(settings)
    if choice is None:
        return None, actor
    asked, resolved = getattr(actor, _LEARNED, (None, None))
    if asked is None:
        resolved, changed = find_family(actor)(actor, choice, loaders)
        actor = actor if changed is actor else extend(changed, Heard, calls=[0])
        setattr(actor, _LEARNED, (choice, resolved))
    elif asked != choice:
        raise InputError(
            f"box loss {choice.name}: {type(actor).__name__}: was given {asked.name} when its trainer was made: ask "
            "for one box loss, before that"
        )
    set_box_loss(settings, choice)
    settings.project_path = own_folder(settings.project_path, choice.name)
    return resolved, actor


def learns_box_loss(actor: Any) -> bool:
    """Whether `retarget` gave this actor its box loss."""
    return hasattr(actor, _LEARNED)


def was_called(actor: Any) -> bool:
    """Whether an actor that `learns_box_loss` has computed a loss; one that is no copy needs no asking.

    Raises:
        BaseException: the loss met an error that the actor swallowed.
    """
    watch: TermWatch | None = getattr(actor, "box_term_watch", None)
    if watch is None:
        return not isinstance(actor, Heard) or actor.calls[0] > 0
    watch.raise_kept()
    return watch.calls > 0


def own_folder(project_path: str, loss: str) -> str:
    """The run's folder with the loss appended, unless the settings file is named after it already."""
    # "atom_smooth_iou" is named after smooth_iou and not after iou: the longest name counts.
    own = folder_name(loss)
    named = [name for name in (*registered_box_losses(), own) if project_path.endswith(f"_{name}")]
    return project_path if max(named, key=len, default=None) == own else f"{project_path}_{own}"
