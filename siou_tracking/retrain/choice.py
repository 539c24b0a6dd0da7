"""The box loss of one training: chosen once, by flag or by one line of a settings file, and carried by the settings.

    use_box_loss(settings, "smooth_iou")

stores a `BoxLossChoice` in `settings.box_loss`, and so does the flag. The trainer hands its actor and the settings to
`retarget`, which resolves the choice for the role that the actor's head gives it.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal

from siou_tracking.errors import InputError
from siou_tracking.losses import available_box_losses, build_box_loss, build_box_similarity, describe

Role = Literal["score", "density", "loss"]
"""'score': the head predicts the similarity. 'density': it predicts a density made of the similarity. 'loss': its boxes
minimize the loss."""

_USES: dict[Role, str] = {
    "score": "the score that the head of",
    "density": "the target density of",
    "loss": "the regression loss of",
}


@dataclasses.dataclass(frozen=True)
class BoxLossChoice:
    """A registered box loss with its parameters, checked when it is made.

    Raises:
        InputError: unknown name, a parameter this loss does not have, or a value it does not allow.
    """

    name: str
    """One of `available_box_losses()`; an alias becomes its name."""
    params: Mapping[str, float | str] = dataclasses.field(default_factory=dict)
    """What was asked for, such as sharpness; after `resolve` every parameter of the role."""
    weight: float | None = None
    """Factor on the box term; None keeps the settings file's."""
    role: Role | None = None
    """None until an actor is known."""
    from_command_line: bool = False
    """A settings file does not replace such a choice by its own."""

    def __post_init__(self) -> None:
        entry = describe(self.name)
        object.__setattr__(self, "name", entry.name)  # the one way to canonicalize a field of a frozen dataclass
        if self.role is not None:
            return  # made by `resolve` from a choice that was checked
        for key, value in self.params.items():
            if key not in entry.score_defaults:
                owners = [name for name in available_box_losses() if key in describe(name).score_defaults]
                raise InputError(f"box loss {entry.name}: got {key} {value}, which only {', '.join(owners)} has")
        build_box_similarity(entry.name, **self.params)
        build_box_loss(entry.name, **self.params)
        if self.weight is not None and not 0 < self.weight < float("inf"):
            raise InputError(f"box loss {entry.name}: weight: got {self.weight}, allowed are positive numbers")

    @classmethod
    def from_options(
        cls,
        name: str | None,
        sharpness: float | None = None,
        divergence: str | None = None,
        weight: float | None = None,
    ) -> BoxLossChoice | None:
        """The choice that options make; None where none of them is given.

        Args:
            name: of the loss.
            sharpness: of smooth_iou; by default 4 for a head that predicts scores or densities, 32 for one that
                regresses boxes.
            divergence: of smooth_iou, "bhattacharyya" or "kl".
            weight: factor on the box term instead of the settings file's own.

        Raises:
            InputError: an option without the name of a loss, or what the class raises.
        """
        if name is not None:
            return cls(name, given_params(sharpness, divergence), weight)
        for option, value in {"sharpness": sharpness, "divergence": divergence, "box-loss-weight": weight}.items():
            if value is not None:
                raise InputError(f"--{option}: has no meaning without --box-loss")
        return None

    def resolve(self, role: Role) -> BoxLossChoice:
        """The same choice for one role, with every parameter that was left open at the role's default."""
        entry = describe(self.name)
        defaults = entry.loss_defaults if role == "loss" else entry.score_defaults
        values = {**defaults, **self.params}
        params = {key: value for key, value in values.items() if key not in ("box_format", "reduction")}
        return dataclasses.replace(self, params=params, role=role)

    def stored(self) -> dict[str, Any]:
        """Name, role, parameters and weight as plain values, for the checkpoint."""
        return {"name": self.name, "role": self.role, "params": dict(self.params), "weight": self.weight}

    def announcement(self, actor: str) -> str:
        """The line printed once at the start of a run; the choice is a resolved one."""
        assert self.role is not None
        weight = "the settings file's weight" if self.weight is None else f"weight {self.weight}"
        params = ", ".join(f"{key} {value}" for key, value in self.params.items())
        name = f"{self.name} ({params})" if params else self.name
        return f"box loss: {name} as {_USES[self.role]} {actor}, {weight}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Checkpoints carry the settings and must open where this package is not installed, also with a safe reader.
        return OrderedDict, (), None, None, iter(self.stored().items())


def given_params(sharpness: float | None = None, divergence: str | None = None) -> dict[str, float | str]:
    """The parameters that were given a value."""
    return {name: value for name, value in (("sharpness", sharpness), ("divergence", divergence)) if value is not None}


def set_box_loss(settings: Any, choice: BoxLossChoice) -> None:
    """Let the settings carry a settings file's own choice, unless they carry one of the command line.

    Args:
        settings: of the run, before its trainer is made; of any engine, hence without a type.
        choice: what `retarget` will find there.
    """
    asked = chosen_box_loss(settings)
    if asked is None or not asked.from_command_line:
        settings.box_loss = choice


def pin_box_loss(settings: Any, choice: BoxLossChoice) -> None:
    """Let the settings carry the choice of the command line, which a settings file's own does not replace."""
    settings.box_loss = dataclasses.replace(choice, from_command_line=True)


def chosen_box_loss(settings: Any) -> BoxLossChoice | None:
    """The choice that the settings carry, if any.

    Raises:
        InputError: `settings.box_loss` was assigned something else.
    """
    asked = getattr(settings, "box_loss", None)
    if asked is None or isinstance(asked, BoxLossChoice):
        return asked
    raise InputError(f"settings.box_loss: got {asked!r}, allowed is what use_box_loss(settings, NAME) stores")
