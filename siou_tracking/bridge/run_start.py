"""Where a checkout's run begins: from its newest checkpoint, from given weights, or afresh with the old run kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from siou_tracking.bridge.run.saved_name import saved_name
from siou_tracking.bridge.run.stages import find_stage, load_stage, when_saved
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin import checkpoint_files
from siou_tracking.ltr.admin.loading import check_finite, load_state, read_checkpoint
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.ltr.admin.settings import trained_box_loss
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.checkpoints import set_aside
from siou_tracking.ltr.trainers.resume.restore import check_box_loss
from siou_tracking.ltr.trainers.resume.start import choose_checkpoint
from siou_tracking.retrain.request import TrainRequest

logger = get_logger(__name__)


def checkpoint_folder(settings: Any) -> Path:
    """`<workspace>/checkpoints/<project_path>`; the workspace is `save_dir` where a script has one."""
    workspace = getattr(settings, "save_dir", None) or settings.env.workspace_dir
    return Path(workspace).expanduser() / "checkpoints" / settings.project_path


def newest_checkpoint(trainer: Any) -> Path | None:
    """The newest checkpoint of a trainer's network in its folder, if any."""
    return checkpoint_files.newest_checkpoint(checkpoint_folder(trainer.settings), saved_name(trainer))


def curves_folder(settings: Any, project_path: str) -> Path:
    """`<tensorboard folder>/<project_path>`."""
    return Path(settings.env.tensorboard_dir).expanduser() / project_path


def set_run_aside(settings: Any) -> None:
    """Rename the folders of an earlier run, checkpoints and curves, and its log; nothing is deleted.

    One process of several does so, and once: where torchrun starts a run again its own checkpoints are there.
    """
    folder = checkpoint_folder(settings)
    if distributed.rank() != 0 or distributed.has_begun(folder):
        return
    moved = set_aside(folder)
    if moved is not None:
        logger.info(f"fresh start: the earlier run is kept in {moved}")
    if getattr(settings.env, "tensorboard_dir", ""):
        set_aside(curves_folder(settings, settings.project_path))
    if log := getattr(settings, "log_file", None):
        set_aside(Path(log))
    distributed.note_begun(folder)


def find_start(
    trainer: Any, arguments: MutableMapping[str, Any], request: TrainRequest, start: dict[str, Any] | None
) -> None:
    """Bring a trainer that has not trained yet to where its run begins.

    Args:
        trainer: of the checkout.
        arguments: of the script's call of `train`. `request.resume` wins over its `load_latest`; what says that the
            network begins as an earlier stage's is off afterwards where that has been done.
        request: of the command line; only `resume` and `weights` are read.
        start: content of the checkpoint `request.weights`.

    Raises:
        InputError: the folder holds another run or another network and nobody said what to do with it, there is
            nothing to continue, or the checkpoint was trained with another box loss, holds NaN, or does not fit; or an
            earlier stage is asked for that is not there.
    """
    saved, first = when_saved(trainer), distributed.rank() == 0
    newest = distributed.broadcast(_choose(trainer, arguments["load_latest"], request.resume, saved) if first else None)
    if isinstance(newest, InputError):
        raise newest
    if newest is not None:
        trainer.load_checkpoint(str(newest))
        _restore_rates(trainer.lr_scheduler)
        logger.info(f"continuing from epoch {trainer.epoch}: {newest}")
        if start is not None:
            logger.info(f"weights {request.weights} are not used: the run continues from its checkpoint")
    begins_as_stage = arguments.get("load_previous_ckpt")
    if begins_as_stage and (newest is not None or start is not None):
        arguments["load_previous_ckpt"] = False  # everything is in the run's own checkpoint, or in what was given
    if newest is not None:
        return
    log = getattr(trainer.settings, "log_file", None)
    if saved and log and Path(log).is_file():
        logger.info(f"{log}: an earlier run left no checkpoint: {saved}; this one begins at the start")
    if start is not None and request.weights is not None:
        load = load_stage if begins_as_stage else load_state
        load(unwrap(trainer.actor.net), start, request.weights)
        logger.info(f"starting from the weights in {request.weights}")
    elif begins_as_stage:
        find_stage(trainer.settings, checkpoint_folder(trainer.settings))


def save_last(trainer: Any) -> None:
    """Write the checkpoint of the epoch that a run ended with, should its trainer not have done so."""
    folder, epoch = checkpoint_folder(trainer.settings), trainer.epoch
    path = checkpoint_files.checkpoint_path(folder, saved_name(trainer), epoch)
    if epoch > 0 and not path.is_file() and getattr(trainer.settings, "local_rank", -1) in (-1, 0):
        trainer.save_checkpoint()


def train_call(
    train: Callable[..., None], trainer: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> inspect.BoundArguments:
    """A call of a trainer's `train`, of a fork's with more arguments too, with the retries after an error off."""
    call = inspect.signature(train).bind(trainer, *args, **kwargs)
    call.apply_defaults()
    call.arguments.setdefault("load_latest", False)
    if "fail_safe" in call.arguments:
        call.arguments["fail_safe"] = False
    return call


def _choose(trainer: Any, load_latest: bool, resume: bool | None, saved: str) -> Path | InputError | None:
    """The checkpoint to continue from, None for a fresh start, or why neither is possible: for all processes."""
    folder = checkpoint_folder(trainer.settings)
    if distributed.has_begun(folder):
        resume, load_latest = None, True
    try:
        newest = choose_checkpoint(folder, saved_name(trainer), resume, load_latest, saved)
        if newest is not None:
            _check_continuable(newest, trainer.settings)
    except InputError as error:
        return error
    distributed.note_begun(folder)
    return newest


def _restore_rates(scheduler: Any) -> None:
    """Let a scheduler tell the rates in force, not those it was made with, until its next step; for several processes.

    A run that torchrun has restarted files the same rates as one that nothing happened to.
    """
    if distributed.is_joined() and hasattr(scheduler, "_last_lr"):
        scheduler._last_lr = [group["lr"] for group in scheduler.optimizer.param_groups]


def _check_continuable(path: Path, settings: Any) -> None:
    """Refuse a checkpoint of another box loss, or of a run that had diverged."""
    content = read_checkpoint(path)
    check_box_loss(trained_box_loss(content), getattr(settings, "box_loss_choice", None), path)
    check_finite(content["net"], path)
