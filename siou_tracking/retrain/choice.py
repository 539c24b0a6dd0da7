"""The box loss of one training: what was asked for, and what one kind of head makes of it.

A flag or a line of a settings file becomes a `BoxLossChoice`, checked when it is made. The flag's travels in the
`TrainRequest`, the line's as plain values in the settings. The trainer hands both to `retarget`, where an actor's
family resolves the choice for the role that the head gives it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any  # settings are of any engine, hence without a type

import numpy as np

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.losses import (
    LossEntry,
    build_box_loss,
    build_box_similarity,
    describe,
    registered_box_losses,
)
from siou_tracking.losses.box.entry import Role

_USES: dict[Role, str] = {
    "score": "the score that the head of",
    "density": "the target density of",
    "loss": "the regression loss of",
}


@dataclasses.dataclass(frozen=True)
class BoxLossChoice:
    """A registered box loss with the parameters that were given for it.

    Raises:
        InputError: unknown name, a parameter this loss does not have, or a value it does not allow.
    """

    name: str
    """As `describe` takes it: a registered loss, a sum, module:function; an alias becomes its name."""
    params: Mapping[str, float | str] = dataclasses.field(default_factory=dict)
    """What was given, such as sharpness, by its full name; the rest has the default of its role."""
    weight: float | None = None
    """Factor on the box term; None keeps the settings file's."""
    asked_as: str = dataclasses.field(init=False, compare=False, repr=False)
    """The name as it was typed, which may be an alias; choices that differ in nothing else are equal."""

    def __post_init__(self) -> None:
        entry = describe(self.name)
        object.__setattr__(self, "asked_as", self.name)  # the one way to set a field of a frozen dataclass
        object.__setattr__(self, "name", entry.name)
        object.__setattr__(self, "params", entry.spell(self.params))
        for key, value in self.params.items():
            if key not in entry.own_params():
                raise _unknown_param(entry, key, value)
        build_box_loss(entry.name, **self.params)
        numbers = (int, float, np.number)
        if self.weight is not None:
            if not isinstance(self.weight, numbers) or not 0 < self.weight < float("inf"):
                raise InputError(f"box loss {entry.name}: weight: got {self.weight!r}, allowed are positive numbers")
            object.__setattr__(self, "weight", float(self.weight))
        # Checkpoints carry them and must open without NumPy's types.
        plain = {key: float(value) if isinstance(value, numbers) else value for key, value in self.params.items()}
        object.__setattr__(self, "params", plain)

    @classmethod
    def of(
        cls,
        name: str,
        sharpness: float | None = None,
        divergence: str | None = None,
        weight: float | None = None,
        params: Mapping[str, float | str] | None = None,
    ) -> BoxLossChoice:
        """The choice with each parameter that is not None.

        Args:
            name: of the loss.
            sharpness: of smooth_iou; by default 4 for a head that learns a density, 32 for any other.
            divergence: of smooth_iou, "bhattacharyya" or "kl".
            weight: factor on the box term instead of the settings file's own.
            params: any others of the loss.
        """
        named = {"sharpness": sharpness, "divergence": divergence}
        given = {key: value for key, value in named.items() if value is not None}
        for key in given.keys() & (params or {}).keys():
            raise InputError(f"box loss {name}: {key}: given twice, as its own option and as a parameter")
        return cls(name, {**given, **(params or {})}, weight)

    @classmethod
    def from_options(
        cls,
        name: str | None,
        sharpness: float | None = None,
        divergence: str | None = None,
        weight: float | None = None,
        params: Mapping[str, float | str] | None = None,
    ) -> BoxLossChoice | None:
        """What the command line's options make; None where none of them is given. See `of`.

        Raises:
            InputError: an option without the name of a loss, or what the class raises.
        """
        if name is not None:
            return cls.of(name, sharpness, divergence, weight, params)
        given = {"sharpness": sharpness, "divergence": divergence, "box-loss-weight": weight}
        for option, value in {**given, "box-loss-param": params or None}.items():
            if value is not None:
                raise InputError(f"--{option}: has no meaning without --box-loss")
        return None

    def resolve(self, role: Role) -> ResolvedBoxLoss:
        """The loss in one role, with every parameter that was left open at the role's default.

        Raises:
            InputError: the loss has no similarity, which the role needs.
        """
        entry = describe(self.name)
        if role != "loss":
            build_box_similarity(self.name, **self.params)
        return ResolvedBoxLoss(self.name, role, {**entry.own_params(role), **self.params}, self.weight)


def _unknown_param(entry: LossEntry, key: str, value: object) -> InputError:
    own = list(entry.own_params())
    owners = [name for name in registered_box_losses() if key in describe(name).own_params()]
    if owners:
        return InputError(f"box loss {entry.name}: got {key} {value}, which only {', '.join(owners)} has")
    if not own:
        return InputError(f"box loss {entry.name}: got {key} {value}, it has no parameters")
    return unknown_name(f"parameter of box loss {entry.name}", key, own)


def folder_name(loss: str) -> str:
    """A loss's name as a part of a folder's: of module:function and of sums, what a shell or a disk reads as more."""
    return re.sub(r"[^A-Za-z0-9_+]+", "-", loss)


@dataclasses.dataclass(frozen=True)
class ReplacedTerm:
    """The box term of an actor whose place another loss took."""

    name: str
    """What the actor calls it, such as "giou"."""
    key: str | None
    """Of its weight; None where it has none by name."""
    weight: float | None


@dataclasses.dataclass(frozen=True)
class ResolvedBoxLoss:
    """The box loss that a run trains with, every number of it; made by `BoxLossChoice.resolve`."""

    name: str
    role: Role
    params: dict[str, Any]  # numbers and names, as the registry's defaults have them
    weight: float | None
    replaced: ReplacedTerm | None = None
    """What was there before, where that is not known from the actor's class."""

    def stored(self) -> dict[str, Any]:
        """Plain values, for the checkpoint."""
        return {"name": self.name, "role": self.role, "params": dict(self.params), "weight": self.weight}

    def announcement(self, actor: str) -> str:
        """The line printed once at the start of a run."""
        weight = "the settings file's weight" if self.weight is None else f"weight {self.weight}"
        params = ", ".join(f"{key} {value}" for key, value in self.params.items())
        name = f"{self.name} ({params})" if params else self.name
        before = self.replaced
        if before is not None:
            if before.weight is None:
                weight = "weight as it was"
            elif self.weight is None:
                weight = f"weight {before.weight} as {before.key}'s"
            else:
                weight = f"weight {self.weight} instead of {before.key}'s {before.weight}"
            return f"box loss: {before.name} of {actor} -> {name}, {weight}"
        return f"box loss: {name} as {_USES[self.role]} {actor}, {weight}"


def set_box_loss(settings: Any, choice: BoxLossChoice) -> None:
    """Let the settings of a run carry a settings file's choice, before its trainer is made.

    Checkpoints carry the settings and must open where this package is not installed: hence plain values.
    """
    settings.box_loss = choice.name
    settings.box_loss_asked_as = choice.asked_as
    settings.box_loss_params = dict(choice.params)
    settings.box_loss_weight = choice.weight


def chosen_box_loss(settings: Any) -> BoxLossChoice | None:
    """The choice that the settings carry, if any.

    Raises:
        InputError: see `BoxLossChoice`.
    """
    name = getattr(settings, "box_loss", None)
    if name is None:
        return None
    params = getattr(settings, "box_loss_params", {})
    choice = BoxLossChoice(name, params, getattr(settings, "box_loss_weight", None))
    typed = getattr(settings, "box_loss_asked_as", name)  # of another loss where a file assigned `box_loss` since
    return BoxLossChoice(typed, params, choice.weight) if describe(typed).name == choice.name else choice
