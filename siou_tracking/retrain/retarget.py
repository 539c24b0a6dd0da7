"""The one place where a training gets another box loss: its trainer hands over the actor and takes back one that learns
it. Data, network, optimizer and schedule stay the settings file's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siou_tracking.losses import available_box_losses
from siou_tracking.retrain.choice import BoxLossChoice, ResolvedBoxLoss, chosen_box_loss, set_box_loss
from siou_tracking.retrain.families import find_family


def retarget(
    actor: Any, settings: Any, loaders: Sequence[Any] = (), flag: BoxLossChoice | None = None
) -> tuple[ResolvedBoxLoss | None, Any]:
    """The actor that learns the box loss asked for, and that loss; (None, actor) if nobody asks for one.

    What changes depends on the actor, by the name of its class: the score it predicts (AtomActor, DiMPActor), the
    target density it learns (KLDiMPActor, DiMPSimpleActor, AtomBBKLActor) or the loss of the boxes it regresses
    (ToMPActor, TaMOsActor, OneStageMOTActor). Changes `settings.project_path`, so that a run never continues from, or
    mixes with, one of another box loss.

    Args:
        actor: the settings file's; of the embedded engine or of a checkout, hence without a type.
        settings: of the run, likewise; a settings file's own choice is in them, and afterwards the one that counts.
        loaders: of the run; a target density is as wide as the one their processing makes.
        flag: the command line's choice, which wins.

    Raises:
        InputError: an actor that has no box loss to change, or one that this choice does not suit.
    """
    choice = flag or chosen_box_loss(settings)
    if choice is None:
        return None, actor
    resolved, changed = find_family(actor, choice)(actor, choice, loaders)
    set_box_loss(settings, choice)
    settings.project_path = _own_folder(settings.project_path, choice.name)
    return resolved, changed


def _own_folder(project_path: str, loss: str) -> str:
    """The run's folder with the loss appended, unless the settings file is named after it already."""
    # "atom_smooth_iou" is named after smooth_iou and not after iou: the longest name counts.
    named = [name for name in available_box_losses() if project_path.endswith(f"_{name}")]
    return project_path if max(named, key=len, default=None) == loss else f"{project_path}_{loss}"
