"""Training of a one-stage tracker, as one call."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from siou_tracking.errors import InputError
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.mot.training.margins import MarginSchedule
from siou_tracking.retrain.request import TrainRequest

MODULE = "mot"
"""Folder of the settings files that come with the package."""


@dataclasses.dataclass(frozen=True)
class DIMRequest:
    """What was asked of the DIM loss, checked; what is None is left to the settings file.

    Raises:
        InputError: an unknown mode, a weight or margins that cannot be used, or either with "off".
    """

    mode: str | None = None
    """"off", "det", "id" or "both": the parts that act. A run with DIM has its own folder."""
    weight: float | None = None
    """Factor on the DIM loss, about 10."""
    margins: tuple[float, float] | None = None
    """margin_det and margin_id; by default they are measured after the first epochs."""

    def __post_init__(self) -> None:
        MarginSchedule("off" if self.mode is None else self.mode, self.margins)  # refuses what cannot be used
        if self.mode == "off" and not (self.weight is None and self.margins is None):
            raise InputError("dim: got 'off' with a weight or margins, allowed with them are det, id and both")
        if self.weight is not None and not 0 <= self.weight < float("inf"):
            raise InputError(f"dim weight: got {self.weight}, allowed are numbers from 0")

    @classmethod
    def from_options(
        cls, mode: str | None, weight: float | None, margin_det: float | None, margin_id: float | None
    ) -> DIMRequest:
        """What the command line's options make; a term that does not act gets the margin that is never in the way.

        Raises:
            InputError: an option that has no meaning with `--dim off`, or one margin without the other.
        """
        if mode == "off" and any(given is not None for given in (margin_det, margin_id, weight)):
            raise InputError("mot train: --dim-weight, --margin-det and --margin-id: have no meaning with --dim off")
        if mode == "det" and margin_det is not None and margin_id is None:
            margin_id = 0.0
        elif mode == "id" and margin_id is not None and margin_det is None:
            margin_det = margin_id
        if margin_det is None and margin_id is None:
            return cls(mode, weight)
        if margin_det is None or margin_id is None:
            given, missing = ("det", "id") if margin_id is None else ("id", "det")
            raise InputError(
                f"mot train: got --margin-{given} without --margin-{missing}: allowed are both, or neither to measure "
                "them"
            )
        return cls(mode, weight, (float(margin_det), float(margin_id)))


def train_mot(request: TrainRequest, dim: DIMRequest | None = None) -> TrainResult:
    """Train on MOTChallenge sequences.

    Args:
        request: its settings are "mot_lite" or "fairmot_dim" of the module "mot", or a FILE.py, its data
            `{"mot": folder of a split}`. Its box loss is learned instead of the L1 distance of the sides. Weights of a
            run on other persons get a new identity classifier.
        dim: what is asked of the DIM loss.

    Raises:
        InputError: anything in the above that cannot be used, and what `train` raises.
    """
    dim = dim or DIMRequest()
    values: dict[str, Any] = {
        "dim": dim.mode,
        "dim_weight": dim.weight,
        "margins": dim.margins,
        # The settings file loads them itself: the engine would refuse a classifier of other persons.
        "start_weights": None if request.weights is None else os.fspath(request.weights),
    }
    given = {name: value for name, value in values.items() if value is not None}
    return train(dataclasses.replace(request, weights=None, values={**request.values, **given}))
