"""Training of a one-stage tracker, as one call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.mot.training.margins import MarginSchedule

MODULE = "mot"
"""Folder of the settings files that come with the package."""


def train_mot(
    target: str | os.PathLike[str] = "mot_lite",
    *,
    data: str | os.PathLike[str],
    box_loss: str | None = None,
    sharpness: float | None = None,
    divergence: str | None = None,
    dim: str | None = None,
    dim_weight: float | None = None,
    margins: Sequence[float] | None = None,
    workspace: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    samples_per_epoch: int | None = None,
    batch_size: int | None = None,
    workers: int | None = None,
    device: str | None = None,
    seed: int | None = None,
    resume: bool | None = None,
    weights: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> TrainResult:
    """Train on MOTChallenge sequences; every option that is None leaves the settings file's own value.

    Args:
        target: "mot_lite", "fairmot_dim", or the path of a FILE.py.
        data: folder of a split, such as MOT17/train.
        box_loss: what boxes learn instead of the L1 distance of their sides; sharpness, divergence: its parameters.
        dim: "off", "det", "id" or "both": the parts of the DIM loss that act. A run with DIM has its own folder.
        dim_weight: factor on the DIM loss, about 10.
        margins: margin_det and margin_id; by default they are measured after the first epochs.
        workspace, epochs, samples_per_epoch, batch_size, workers, device, seed, resume, quiet: as
            `siou_tracking.ltr.run_training.train` has them.
        weights: a checkpoint whose network the run starts from; one of other persons gets a new identity classifier.

    Raises:
        InputError: anything in the above that cannot be used, and what `train` raises.
    """
    MarginSchedule("off" if dim is None else dim, margins)  # refuses what cannot be used before anything is made
    own = not os.fspath(target).endswith(".py")
    return train(
        MODULE if own else target,
        name=os.fspath(target) if own else None,
        box_loss=box_loss,
        sharpness=sharpness,
        divergence=divergence,
        data={"mot": data},
        workspace=workspace,
        epochs=epochs,
        samples_per_epoch=samples_per_epoch,
        batch_size=batch_size,
        workers=workers,
        device=device,
        seed=seed,
        resume=resume,
        quiet=quiet,
        values=_values(dim, dim_weight, margins, weights),
    )


def _values(
    dim: str | None, dim_weight: float | None, margins: Sequence[float] | None, weights: str | os.PathLike[str] | None
) -> dict[str, Any]:
    """What the settings file is to find in its `settings`: only what was given."""
    values = {
        "dim": dim,
        "dim_weight": dim_weight,
        "margins": None if margins is None else tuple(map(float, margins)),
        "start_weights": None if weights is None else os.fspath(weights),
    }
    return {name: value for name, value in values.items() if value is not None}
