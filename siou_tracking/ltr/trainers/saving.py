"""What a trainer writes so that its run can go on: after each epoch, and where it is stopped within one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: what a checkpoint holds

from siou_tracking.ltr.admin.checkpoint_files import (
    checkpoint_path,
    find_step_checkpoints,
    step_checkpoint_path,
    weights_path,
)
from siou_tracking.ltr.admin.settings import storable
from siou_tracking.ltr.trainers import checkpoints, distributed
from siou_tracking.ltr.trainers.divergence import check_network
from siou_tracking.ltr.trainers.step.options import scaler_state

if TYPE_CHECKING:
    from siou_tracking.ltr.trainers.base_trainer import BaseTrainer


def save_epoch(trainer: BaseTrainer) -> Path | None:
    """Write the checkpoint of the epoch that has ended, then remove what is not kept beside it.

    Returns:
        The file; None without a workspace and in all but the first process.

    Raises:
        TrainingDiverged: a weight is not finite; nothing is written.
    """
    folder, name = _checked_folder(trainer), type(trainer.net).__name__
    randoms = distributed.all_gather(checkpoints.rng_state())
    if folder is None:
        return None
    path = checkpoint_path(folder, name, trainer.epoch)
    own = {"rng_states": randoms} if len(randoms) > 1 else {}
    weights_path(path).unlink(missing_ok=True)  # of a run that had come this far before
    checkpoints.write_checkpoint(path, {**_state(trainer, trainer.epoch), **own})
    for step_file in find_step_checkpoints(folder, name).values():
        step_file.unlink(missing_ok=True)
    trainer.keeping.after_epoch(folder, name, trainer.epoch, trainer.loaders, trainer.stats)
    return path


def save_within_epoch(trainer: BaseTrainer, stopped: dict[str, Any], steps: int) -> Path | None:
    """Write a checkpoint of the epoch at hand from which its next step can be made; see `save_epoch`.

    Args:
        stopped: where in the epoch; see `position`.
        steps: of the epoch so far.
    """
    folder, name = _checked_folder(trainer), type(trainer.net).__name__
    if folder is None:
        return None
    path = step_checkpoint_path(folder, name, trainer.epoch, steps)
    checkpoints.write_checkpoint(path, {**_state(trainer, trainer.epoch - 1), "within_epoch": stopped})
    for step_file in find_step_checkpoints(folder, name).values():
        if step_file != path:
            step_file.unlink(missing_ok=True)
    return path


def _checked_folder(trainer: BaseTrainer) -> Path | None:
    """Where this process writes, if it does, once every weight is known to be finite."""
    check_network(trainer.net, trainer.epoch, trainer.latest_checkpoint)
    return trainer.checkpoint_folder if distributed.rank() == 0 else None


def _state(trainer: BaseTrainer, epoch: int) -> dict[str, Any]:
    """What a checkpoint holds after that epoch."""
    net = trainer.net
    state = {
        "epoch": epoch,
        "actor_type": trainer.actor_type,
        "net_type": type(net).__name__,
        "net": net.state_dict(),
        "net_info": getattr(net, "info", None),
        "constructor": getattr(net, "constructor", None),
        "optimizer": trainer.optimizer.state_dict(),
        "stats": trainer.stats,
        "settings": storable(trainer.settings),
        "box_loss": trainer.box_loss,
        "lr_scheduler_state": checkpoints.scheduler_state(trainer.lr_scheduler),
        "rng_state": checkpoints.rng_state(),
    }
    if (scaler := scaler_state(trainer.actor)) is not None:
        state["grad_scaler_state"] = scaler
    if own := checkpoints.actor_state(trainer.actor):
        state["actor_state"] = own
    return state
