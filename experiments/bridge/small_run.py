"""What every way of running an iteration shares: its size, `siou-tracking train`, and the fingerprint of its result."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.training import train_checkout
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.retrain import TrainRequest

BATCH = 2
SEED = 11


@dataclasses.dataclass(frozen=True)
class Job:
    """One setting of one checkout, and how much of it is run."""

    checkout: Checkout
    module: str
    name: str
    data: dict[str, str]
    """Folder of each data set, by the name that --data takes."""
    workspace: str
    samples: int = BATCH
    """In the one epoch; `BATCH` of them a step."""
    workers: int = 0
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Arguments of the checkout's `run_training`, such as a distillation's teacher."""


def plain(job: Job, **options: Any) -> dict[str, Any]:
    """`siou-tracking train MODULE NAME --checkout DIR`, with the options that make it small."""
    result = train_checkout(
        job.checkout,
        TrainRequest(
            job.module,
            job.name,
            data=job.data,
            workspace=job.workspace,
            epochs=1,
            samples_per_epoch=job.samples,
            batch_size=BATCH,
            workers=job.workers,
            device="cpu",
            seed=SEED,
            resume=False,
            pretrained=False,
            values=job.values,
            **options,
        ),
    )
    content = read_checkpoint(result.checkpoint)
    return {
        "project_path": result.project_path,
        "checkpoint": str(result.checkpoint),
        **fingerprint(result.stats["train"], content["net"], content.get("optimizer")),
    }


def fingerprint(stats: dict[str, list[float]], net: dict[str, torch.Tensor], optimizer: Any = None) -> dict[str, Any]:
    """Every statistic as exact text, and hashes of every weight after the last step and of the optimizer's tensors."""
    exact = {key: [float(number).hex() for number in values] for key, values in stats.items()}
    loss = {key: float(values[0]) for key, values in stats.items() if "Loss/" in key or "Ls/" in key}
    return {
        "exact": exact,
        "losses": loss,
        "weights_sha256": digest(net),
        **({} if optimizer is None else {"optimizer_sha256": digest(optimizer)}),
    }


def digest(content: Any) -> str:
    """SHA-256 of every tensor in nested mappings and sequences, with where it stands."""
    hashed = hashlib.sha256()
    for place, tensor in sorted(tensors(content), key=lambda pair: pair[0]):
        hashed.update(place.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return hashed.hexdigest()


def tensors(content: Any, place: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(content, torch.Tensor):
        yield place, content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from tensors(value, f"{place}.{key}" if place else str(key))
    elif isinstance(content, list | tuple):
        for index, value in enumerate(content):
            yield from tensors(value, f"{place}.{index}")


def array(tensor: torch.Tensor) -> np.ndarray:
    """A copy in double precision."""
    return tensor.detach().cpu().numpy().astype(np.float64)
