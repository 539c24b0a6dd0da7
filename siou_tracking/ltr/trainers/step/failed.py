"""A step whose loss is not finite, in a file with all that it takes to make it again: `siou-tracking replay FILE`.

The file is a checkpoint as far as its network goes; `failed_step` in it has the batch, the random numbers before the
step, and what the command line asked for, by which network and actor are built anew.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any  # batches, actors and settings of either engine

import torch

from siou_tracking import __version__
from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from siou_tracking.ltr.admin.active_request import active_request
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.ltr.admin.settings import storable
from siou_tracking.ltr.trainers import checkpoints, distributed
from siou_tracking.ltr.trainers.divergence import TrainingDiverged
from siou_tracking.ltr.trainers.full_disk import saving_whole
from siou_tracking.retrain.request import TrainRequest

_NOT_REPEATED = ("epochs", "workers", "accumulate", "compile", "resume", "weights", "workspace", "device", "quiet")


class StepMemory:
    """What a step began with: its batch, which an actor may add to, and on the CPU the random numbers."""

    def __init__(self, data: Any, device: torch.device) -> None:
        self.batch = dict(data) if isinstance(data, Mapping) else {}
        self.random_numbers = checkpoints.rng_state() if device.type == "cpu" else None


def file_failed_step(
    error: TrainingDiverged, memory: StepMemory, trainer: Any, folder: Path | None, where: tuple[str, int, bool]
) -> TrainingDiverged:
    """Write the file, and return the error that names it.

    It is `error` itself where there is no workspace, no room, or something that cannot be stored.

    Several processes write one each.

    Args:
        error: about the loss.
        memory: of the step.
        trainer: of either engine.
        folder: of the run's checkpoints.
        where: name of the loader, number of the step, and whether it trains.
    """
    if folder is None:
        return error
    loader, step, training = where
    rank = f"_process{distributed.rank()}" if distributed.world_size() > 1 else ""
    path = folder / f"failed_step{step:06d}_of_epoch{trainer.epoch:04d}{rank}.pth"
    request, net = active_request(), unwrap(trainer.actor.net)
    content: dict[str, Any] = {
        "net": net.state_dict(),
        "net_type": type(net).__name__,
        "settings": storable(trainer.settings),
        "failed_step": {
            "version": __version__,
            "reason": str(error),
            "epoch": trainer.epoch,
            "loader": loader,
            "step": step,
            "training": training,
            "batch": {str(name): _plain(value) for name, value in memory.batch.items() if name != "settings"},
            "rng_state": memory.random_numbers,
            "actor_state": checkpoints.actor_state(trainer.actor),
            "engine": "embedded" if type(trainer).__module__.startswith("siou_tracking") else "checkout",
            "request": describe_request(request),
        },
    }
    embedded = content["failed_step"]["engine"] == "embedded"
    try:
        # A checkout's settings are of its own class, which its session already imports by that name.
        with engine_imports() if embedded else nullcontext(), atomic_path(path, durable=True) as temporary:
            saving_whole(torch.save)(content, temporary)
    except (OSError, RuntimeError, pickle.PicklingError, TypeError, AttributeError):
        return error  # what diverged matters more than its file
    return TrainingDiverged(f"{error}; siou-tracking replay {path} makes the step again")


def describe_request(request: TrainRequest) -> dict[str, Any]:
    """What builds network and actor, as plain values."""
    plain = {name: _plain(value) for name, value in vars(request).items() if name not in _NOT_REPEATED}
    plain["values"] = {name: one for name, one in plain["values"].items() if name != "start_weights"}
    choice = request.box_loss
    plain["box_loss"] = choice and {"name": choice.name, "params": dict(choice.params), "weight": choice.weight}
    return plain


def _plain(value: Any) -> Any:
    """Tensors on the CPU, numbers, text and nests of them; anything else in words."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def read_failed_step(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """`failed_step` of a file's content.

    Raises:
        InputError: another kind of file, or parts of another kind in it.
    """
    failed = content.get("failed_step")
    if not isinstance(failed, dict):
        raise InputError(f"replay: {path}: got a checkpoint, allowed is the file of a step that a training names")
    kinds = {"epoch": int, "step": int, "loader": str, "training": bool, "batch": dict, "request": dict, "engine": str}
    for name, kind in kinds.items():
        if not isinstance(failed.get(name), kind):
            raise InputError(f"replay: {path}: {name}: got {failed.get(name)!r:.60}, expected {kind.__name__}")
    return failed
