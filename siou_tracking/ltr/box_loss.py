"""One line, or one flag, that trains a tracker's box head with another box loss.

    use_box_loss(settings, "smooth_iou")

stores plain values in the settings. `LTRTrainer` hands its actor to `retarget`, which changes what the box head learns
and nothing else: data, network, optimizer and schedule stay the settings file's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, build_box_similarity, describe
from siou_tracking.ltr.actors.base_actor import BaseActor
from siou_tracking.ltr.actors.score_target import ScoreTargetActor
from siou_tracking.ltr.admin.overrides import current
from siou_tracking.ltr.admin.settings import Settings


@dataclasses.dataclass(frozen=True)
class BoxLossChoice:
    """The box loss of a run, with every parameter resolved."""

    name: str
    role: str
    """'score': the head predicts the similarity. 'loss': the head's boxes minimise the loss."""
    params: dict[str, Any]
    weight: float | None
    """Factor on the box term; None keeps the settings file's."""

    def stored(self) -> dict[str, Any]:
        """Plain values, for the checkpoint."""
        return dataclasses.asdict(self)

    def announcement(self, actor: str) -> str:
        """The line printed once at the start of a run."""
        role = "the score that the head of" if self.role == "score" else "the regression loss of"
        weight = "the settings file's weight" if self.weight is None else f"weight {self.weight}"
        params = ", ".join(f"{key} {value}" for key, value in self.params.items())
        name = f"{self.name} ({params})" if params else self.name
        return f"box loss: {name} as {role} {actor}, {weight}"


def use_box_loss(
    settings: Settings,
    name: str,
    sharpness: float | None = None,
    divergence: str | None = None,
    weight: float | None = None,
) -> None:
    """Train with the box loss called `name`; what the command line names wins over it.

    Stores plain values: `settings.box_loss` (str), `settings.box_loss_params` (dict of what was given) and
    `settings.box_loss_weight`. The run gets a folder of its own: `_<name>` is appended to its project path.

    Args:
        settings: of the run, before its trainer is made.
        name: one of `available_box_losses()`.
        sharpness: of smooth_iou; by default 4 for a head that predicts scores, 32 for one that regresses boxes.
        divergence: of smooth_iou, "bhattacharyya" or "kl".
        weight: factor on the box term instead of the settings file's own.

    Raises:
        InputError: unknown name, a parameter this loss does not have, or a value it does not allow.
    """
    given = {"sharpness": sharpness, "divergence": divergence}
    params = {key: value for key, value in given.items() if value is not None}
    entry = describe(name)
    build_box_similarity(entry.name, **params)
    build_box_loss(entry.name, **params)
    if weight is not None and not 0 < weight < float("inf"):
        raise InputError(f"box loss {entry.name}: weight: got {weight}, allowed are positive numbers")
    settings.box_loss = entry.name
    settings.box_loss_params = params
    settings.box_loss_weight = weight


def _score(actor: BaseActor, settings: Settings) -> tuple[BoxLossChoice, BaseActor]:
    """ATOM: the head predicts, for each proposal, its similarity with the target box."""
    choice = _resolve(settings, "score")
    similarity = build_box_similarity(choice.name, **choice.params, box_format="xywh")
    return choice, ScoreTargetActor(actor, similarity, choice.weight)


def _density_without_width(actor: BaseActor, settings: Settings) -> tuple[BoxLossChoice, BaseActor]:
    raise InputError(
        f"box loss {settings.box_loss}: {_class_name(actor)} is trained by maximum likelihood, which has no target "
        f"density to replace: use a tracker of {', '.join(supported_actors())}"
    )


_FAMILIES: dict[str, Callable[[BaseActor, Settings], tuple[BoxLossChoice, BaseActor]]] = {
    "AtomActor": _score,
    "AtomBBKLActor": _density_without_width,
}
"""Actor class name, also of a base class, to what makes it learn the chosen loss; by name, so that it holds for the
actors of a PyTracking checkout too."""


def supported_actors() -> list[str]:
    """Class names of the actors whose box loss can be changed."""
    return [name for name, change in _FAMILIES.items() if change is not _density_without_width]


def retarget(actor: BaseActor, settings: Settings) -> tuple[BoxLossChoice | None, BaseActor]:
    """The actor that learns the box loss the settings ask for, and that loss; (None, actor) if they ask for none.

    Changes `settings.project_path`, so that a run never continues from, or mixes with, one of another box loss.

    Raises:
        InputError: an actor that has no box loss to change, or an unusable choice.
    """
    options = current()
    if options.box_loss is not None:
        use_box_loss(settings, options.box_loss, **options.box_loss_params)
    if getattr(settings, "box_loss", None) is None:
        return None, actor
    for cls in type(actor).__mro__:
        if cls.__name__ in _FAMILIES:
            choice, changed = _FAMILIES[cls.__name__](actor, settings)
            _give_own_folder(settings)
            return choice, changed
    raise InputError(
        f"box loss {settings.box_loss}: {_class_name(actor)}: its box loss cannot be changed: "
        f"supported are {', '.join(supported_actors())}"
    )


def _resolve(settings: Settings, role: str) -> BoxLossChoice:
    entry = describe(settings.box_loss)
    defaults = entry.score_defaults if role == "score" else entry.loss_defaults
    values = {**defaults, **settings.box_loss_params}
    params = {key: value for key, value in values.items() if key not in ("box_format", "reduction")}
    return BoxLossChoice(entry.name, role, params, settings.box_loss_weight)


def _give_own_folder(settings: Settings) -> None:
    if getattr(settings, "box_loss_folder", None) != settings.project_path:
        settings.project_path = f"{settings.project_path}_{settings.box_loss}"
        settings.box_loss_folder = settings.project_path


def _class_name(actor: BaseActor) -> str:
    return type(actor).__name__
