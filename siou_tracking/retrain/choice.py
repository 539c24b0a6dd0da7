"""The box loss of one run: its name, what it is used for, and every number that it has."""

from __future__ import annotations

import dataclasses
from typing import Any

from siou_tracking.losses import describe

_USES = {
    "score": "the score that the head of",
    "density": "the target density of",
    "loss": "the regression loss of",
}


@dataclasses.dataclass(frozen=True)
class BoxLossChoice:
    """The box loss of a run, with every parameter resolved."""

    name: str
    role: str
    """'score': the head predicts the similarity. 'density': the head predicts a density made of the similarity. 'loss':
    the head's boxes minimize the loss."""
    params: dict[str, Any]
    weight: float | None
    """Factor on the box term; None keeps the settings file's."""

    def stored(self) -> dict[str, Any]:
        """Plain values, for the checkpoint."""
        return dataclasses.asdict(self)

    def announcement(self, actor: str) -> str:
        """The line printed once at the start of a run."""
        weight = "the settings file's weight" if self.weight is None else f"weight {self.weight}"
        params = ", ".join(f"{key} {value}" for key, value in self.params.items())
        name = f"{self.name} ({params})" if params else self.name
        return f"box loss: {name} as {_USES[self.role]} {actor}, {weight}"


def resolve(settings: Any, role: str) -> BoxLossChoice:
    """The choice that `use_box_loss` stored in `settings`, with the defaults of its role filled in."""
    entry = describe(settings.box_loss)
    defaults = entry.loss_defaults if role == "loss" else entry.score_defaults
    values = {**defaults, **settings.box_loss_params}
    params = {key: value for key, value in values.items() if key not in ("box_format", "reduction")}
    return BoxLossChoice(entry.name, role, params, settings.box_loss_weight)
