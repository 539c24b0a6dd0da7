"""Which loss a head trains with: a name, as the flag takes it, and parameters that are not its defaults.

A loss that compares lengths gets them in the unit that suits the crop: `unit` (l1, smooth_l1) and `image_size` (mpdiou)
are the crop's side, nwd's `constant` is the usual side of a target, which is what its paper takes for a data set. As a
score l1 and smooth_l1 alone have that unit too: in crops all proposals would score near 1, with nothing to learn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args  # Any: a loss's parameter: a number or a name

from experiments.parts import loss_defaults
from siou_tracking.errors import InputError
from siou_tracking.losses import LossEntry, build_box_loss, build_box_similarity, describe
from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.losses.box.entry import Role, Similarity
from siou_tracking.retrain.density_target import density_exponent

USUAL_SIDE = 1 / 4
"""Side of a target over that of its search region, which is cut four target sides wide."""
GAUSSIAN = "gaussian"
"""Not a box loss: the density that PrDiMP trains with, as the data layer gives it."""
_CHARACTERS = {"*": "x", ":": "@", " ": "", "(": "-", ")": ""}
_LENGTHS = {"unit": 1.0, "image_size": 1.0, "constant": USUAL_SIDE}


@dataclass(frozen=True)
class LossSpec:
    """One way to train a head.

    Args:
        name: as `describe` takes it: registered, an alias, a sum such as 2*giou+5*l1, or module:function.
        params: parameters that are not the defaults, such as {"sharpness": 16}.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> LossEntry:
        """What the registry knows of it."""
        return describe(self.name)

    @property
    def label(self) -> str:
        """Such as "smooth_iou(divergence=kl, sharpness=16)"."""
        given = ", ".join(f"{key}={value}" for key, value in sorted(self.params.items()))
        name = self.name if self.name == GAUSSIAN else self.entry.name
        return f"{name}({given})" if given else name

    @property
    def defaults(self) -> dict[str, Any]:
        """What the label leaves to the registry, in every role."""
        return {} if self.name == GAUSSIAN else {role: loss_defaults(self.name, role) for role in get_args(Role)}

    @property
    def file_name(self) -> str:
        """The label in characters that any file system takes; other labels have other names."""
        return re.sub(r"[^\w.=+-]", lambda found: _CHARACTERS.get(found[0], "_"), self.label)

    def lengths(self, side: float) -> dict[str, float]:
        """The parameters that are lengths, for boxes in a crop of that side."""
        return {key: side * _LENGTHS[key.rpartition(".")[2]] for key in self.entry.lengths}

    def build_loss(self, box_format: str, side: float = 1.0) -> BoxLoss:
        """The loss of each box, for boxes in a crop of that side.

        Raises:
            InputError: unknown name, parameter or value.
        """
        return build_box_loss(self.name, box_format=box_format, reduction="none", **self._spelled(self.lengths(side)))

    def build_similarity(self, side: float) -> Similarity:
        """The score of boxes in xywh, in a crop of that side.

        Raises:
            InputError: as `build_loss`, or it has no score.
        """
        lengths = self.lengths(side) | ({"unit": side * USUAL_SIDE} if "unit" in self.entry.lengths else {})
        return build_box_similarity(self.name, box_format="xywh", **self._spelled(lengths))

    def build_density(self, sigma: float) -> tuple[Similarity, float]:
        """The score of boxes in xywh, and the power of it that is as wide a density as a Gaussian of that sigma.

        Raises:
            InputError: it has none.
        """
        params = {**self.entry.density_defaults, **self.entry.spell(self.params)}
        params.pop("box_format")
        similarity = build_box_similarity(self.name, box_format="xywh", **params)
        return similarity, density_exponent(self.entry.name, params, sigma)

    def _spelled(self, lengths: dict[str, float]) -> dict[str, Any]:
        return {**lengths, **self.entry.spell(self.params)}


def has_score(spec: LossSpec) -> bool:
    """Whether a head can learn its similarity."""
    return spec.name != GAUSSIAN and not spec.entry.no_score


def has_density(spec: LossSpec, sigma: float) -> bool:
    """Whether a head can learn a power of its similarity as a density."""
    if not has_score(spec):
        return False
    try:
        spec.build_density(sigma)
    except InputError:
        return False
    return True
