"""Whole trackers that the losses are compared in; another family joins by a line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any  # a field of a preset, of whatever type it is

from siou_tracking.losses.box.entry import Role
from siou_tracking.retrain import BoxLossChoice
from siou_tracking.trackers.atom.params import atom_params
from siou_tracking.trackers.dimp.params import dimp_params
from siou_tracking.trackers.tomp.params import tomp_params

_PRESETS = {"atom": atom_params, "dimp": dimp_params, "tomp": tomp_params}


@dataclass(frozen=True)
class Family:
    """A train setting, the tracker that its network goes into, and what the other losses are held against."""

    module: str
    settings: str
    """With `module` what `siou-tracking train` takes."""
    tracker: str
    param: str
    """With `tracker` what `siou-tracking run` takes."""
    role: Role
    baseline: str
    """What its head learns usually: the IoU where it predicts a score, GIoU where it regresses boxes."""
    stores_features: bool = True
    """Whether the settings file reads `settings.stored_pairs`; else every step draws its pictures."""

    def preset(self) -> dict[str, Any]:
        """Every value that its tracker runs with."""
        return asdict(_PRESETS[self.tracker](self.param))

    def check(self, loss: str) -> str:
        """The loss's name without an alias.

        Raises:
            InputError: unknown, or not usable in the role that this family's head gives it.
        """
        choice = BoxLossChoice(loss)
        choice.resolve(self.role)
        return choice.name


FAMILIES = {
    "atom_lite": Family("bbreg", "atom_lite", "atom", "lite", "score", "iou"),
    "dimp_lite": Family("dimp", "dimp_lite", "dimp", "lite", "score", "iou"),
    "tomp_lite": Family("tomp", "tomp_lite", "tomp", "lite", "loss", "giou"),
}
