"""Requests made of options as the command line names them, for tests that vary one of many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from siou_tracking.mot.training.train import DIMRequest
from siou_tracking.retrain import BoxLossChoice, TrainRequest

TINY: dict[str, Any] = {
    "epochs": 1,
    "samples_per_epoch": 4,
    "batch_size": 2,
    "workers": 0,
    "device": "cpu",
    "quiet": True,
}
"""Two steps."""
_BOX_LOSS = {"box_loss": "name", "sharpness": "sharpness", "divergence": "divergence"}
_DIM = {"dim": "mode", "dim_weight": "weight", "margins": "margins"}


def train_request(module: str | Path, name: str | None = None, **options: Any) -> TrainRequest:
    """A request whose box loss is given by name, sharpness and divergence."""
    given = {field: options.pop(option) for option, field in _BOX_LOSS.items() if option in options}
    return TrainRequest(module, name, box_loss=BoxLossChoice.from_options(given.pop("name", None), **given), **options)


def mot_request(name: str = "mot_lite", *, data: Path | str, **options: Any) -> tuple[TrainRequest, DIMRequest]:
    """A request for one of the multi-object settings, and what it asks of the DIM loss."""
    dim = DIMRequest(**{field: options.pop(option) for option, field in _DIM.items() if option in options})
    return train_request("mot", name, data={"mot": data}, **options), dim
