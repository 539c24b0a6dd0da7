"""What the registry knows of one box loss: its class, its parameters in each role, and what it is good for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any, Literal  # Any: a loss's parameter: a number or a name

import torch

from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.registry import NamedEntry

Similarity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Role = Literal["score", "density", "loss"]
"""'score': a head predicts the similarity. 'density': it predicts a density made of the similarity. 'loss': its boxes
minimize the loss."""
SHARED = ("box_format", "reduction")
"""Parameters of every loss, which its place decides."""


@dataclass(frozen=True, kw_only=True)
class LossEntry(NamedEntry):
    """One box loss, in the role of a loss and in that of a score."""

    family: str
    """What it is listed under."""
    source: str
    """Where it was published, such as "arXiv 1902.09630"."""
    loss: Callable[..., BoxLoss] = field(repr=False)
    """Makes the module from the loss parameters: the class."""
    score_params: Mapping[str, Any] = field(default_factory=dict)
    """Defaults that it has as a score, where they are not the loss's."""
    density_params: Mapping[str, Any] = field(default_factory=dict)
    """Defaults that the score has where a density is made of it."""
    no_score: str = ""
    """Why it has no similarity that a head could learn; empty where it has one."""
    lengths: Mapping[str, str] = field(default_factory=dict)
    """Parameters that are lengths in the unit of the boxes, and what their defaults take for that unit: "shares" of the
    picture or crop, or "pixels". Empty where no unit matters."""
    steepest: tuple[float, float] = (math.inf, math.inf)
    """No gradient at the defaults is steeper by offset and by size of an axis, times the target's size there (found by
    search); infinite where that depends on a unit, or grows with the target's aspect."""

    @property
    def loss_defaults(self) -> dict[str, Any]:
        """Parameters of `build_box_loss` and their defaults."""
        parameters = signature(self.loss).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is not Parameter.VAR_KEYWORD}

    @property
    def score_defaults(self) -> dict[str, Any]:
        """Parameters of `build_box_similarity` and their defaults."""
        defaults = {name: value for name, value in self.loss_defaults.items() if name != "reduction"}
        return {**defaults, **self.score_params}

    @property
    def density_defaults(self) -> dict[str, Any]:
        """`score_defaults` where a density is made of the score."""
        return {**self.score_defaults, **self.density_params}

    def own_params(self, role: Role = "loss") -> dict[str, Any]:
        """The defaults in a role of the parameters that not every loss has."""
        defaults = {"loss": self.loss_defaults, "score": self.score_defaults, "density": self.density_defaults}
        return {name: value for name, value in defaults[role].items() if name not in SHARED}

    def spell(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters by their full names, which only a sum of losses has; unknown ones as they are."""
        return dict(params)

    def build(self, params: Mapping[str, Any]) -> BoxLoss:
        """The module with these of `loss_defaults`; what is not given has its default.

        Raises:
            InputError: a parameter this loss does not have, or a value it does not allow.
        """
        return self._make("loss", self.loss_defaults, params)

    def build_similarity(self, params: Mapping[str, Any]) -> Similarity:
        """The similarity with these of `score_defaults`; what is not given has its default.

        Raises:
            InputError: it has no similarity, or as `build`.
        """
        if self.no_score:
            raise InputError(f"box loss {self.name}: as a score: {self.no_score}")
        return self._make("score", self.score_defaults, params).similarity

    def _make(self, role: str, defaults: Mapping[str, Any], params: Mapping[str, Any]) -> BoxLoss:
        for name in params:
            if name not in defaults:
                allowed = ", ".join(defaults)
                raise InputError(f"box loss {self.name}: parameter as a {role}: got '{name}', allowed are {allowed}")
        return self.loss(**{**defaults, **params})
