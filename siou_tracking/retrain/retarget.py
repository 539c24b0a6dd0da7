"""One line, or one flag, that trains a tracker's box head with another box loss.

    use_box_loss(settings, "smooth_iou")

stores plain values in the settings. `LTRTrainer` hands its actor to `retarget`, which changes what the box head learns
and nothing else: data, network, optimizer and schedule stay the settings file's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siou_tracking.errors import InputError
from siou_tracking.losses import available_box_losses, build_box_loss, build_box_similarity, describe
from siou_tracking.ltr.admin.overrides import current
from siou_tracking.retrain.choice import BoxLossChoice
from siou_tracking.retrain.families import find_family


def use_box_loss(
    settings: Any,
    name: str,
    sharpness: float | None = None,
    divergence: str | None = None,
    weight: float | None = None,
) -> None:
    """Train with the box loss called `name`; what the command line names wins over it.

    Stores plain values: `settings.box_loss` (str), `settings.box_loss_params` (dict of what was given) and
    `settings.box_loss_weight`. The run gets a folder of its own: its project path ends in `_<name>`.

    Args:
        settings: of the run, before its trainer is made.
        name: one of `available_box_losses()`.
        sharpness: of smooth_iou; by default 4 for a head that predicts scores or densities, 32 for one that regresses
            boxes.
        divergence: of smooth_iou, "bhattacharyya" or "kl".
        weight: factor on the box term instead of the settings file's own.

    Raises:
        InputError: unknown name, a parameter this loss does not have, or a value it does not allow.
    """
    given = {"sharpness": sharpness, "divergence": divergence}
    params = {key: value for key, value in given.items() if value is not None}
    entry = describe(name)
    for key in params:
        if key not in entry.score_defaults:
            owners = [other for other in available_box_losses() if key in describe(other).score_defaults]
            raise InputError(f"box loss {entry.name}: got {key} {params[key]}, which only {', '.join(owners)} has")
    build_box_similarity(entry.name, **params)
    build_box_loss(entry.name, **params)
    if weight is not None and not 0 < weight < float("inf"):
        raise InputError(f"box loss {entry.name}: weight: got {weight}, allowed are positive numbers")
    settings.box_loss = entry.name
    settings.box_loss_params = params
    settings.box_loss_weight = weight


def retarget(actor: Any, settings: Any, loaders: Sequence[Any] = ()) -> tuple[BoxLossChoice | None, Any]:
    """The actor that learns the box loss the settings ask for, and that loss; (None, actor) if they ask for none.

    What changes depends on the actor, by the name of its class: the score it predicts (AtomActor, DiMPActor), the
    target density it learns (KLDiMPActor, DiMPSimpleActor, AtomBBKLActor) or the loss of the boxes it regresses
    (ToMPActor, TaMOsActor, OneStageMOTActor). Changes `settings.project_path`, so that a run never continues from, or
    mixes with, one of another box loss.

    Args:
        actor: the settings file's, of the embedded engine or of a PyTracking checkout.
        settings: of the run.
        loaders: of the run; a target density is as wide as the one their processing makes.

    Raises:
        InputError: an actor that has no box loss to change, or an unusable choice.
    """
    options = current()
    if options.box_loss is not None:
        use_box_loss(settings, options.box_loss, **options.box_loss_params)
    if getattr(settings, "box_loss", None) is None:
        return None, actor
    choice, changed = find_family(actor, settings)(actor, settings, loaders)
    _give_own_folder(settings)
    return choice, changed


def _give_own_folder(settings: Any) -> None:
    """Append the loss to the run's folder, unless the settings file is named after it already."""
    # "atom_smooth_iou" is named after smooth_iou and not after iou: the longest name counts.
    named = [name for name in available_box_losses() if settings.project_path.endswith(f"_{name}")]
    if max(named, key=len, default=None) != settings.box_loss:
        settings.project_path = f"{settings.project_path}_{settings.box_loss}"
