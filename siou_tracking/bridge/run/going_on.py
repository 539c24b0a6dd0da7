"""A checkout's run that ends before its time and goes on: random numbers, signals, and what stays of its checkpoints.

Its own loop stays as it is, so that a run goes on from whole epochs. What the loop keeps nowhere, the random numbers,
is filed in the settings, which every checkpoint carries.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any  # a checkout's trainers, whose classes are not known here

from siou_tracking.bridge.run.saved_name import saved_name
from siou_tracking.bridge.run_start import checkpoint_folder, newest_checkpoint
from siou_tracking.files import remove_leftovers, sync
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.checkpoint_files import checkpoint_path, weights_path
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.checkpoints import restore_rng_state, rng_state
from siou_tracking.ltr.trainers.keeping import Keeping
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.running.stopping import StopRequest

logger = get_logger(__name__)

_UNFINISHED = re.compile(r".+_ep\d+\.tmp")
"""What trainers of this family write before they give it a checkpoint's name."""


def remove_unfinished(folder: Path) -> None:
    """Remove what a process that was killed left in a run's folder, in which nobody else writes now."""
    remove_leftovers(folder, of_any=True)
    for path in folder.iterdir() if folder.is_dir() else ():
        if _UNFINISHED.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def watch_saving(trainer: Any, request: TrainRequest) -> None:
    """Let the checkpoints of a trainer that has not trained yet hold its random numbers, and keep those asked for.

    Called again it does nothing.
    """
    if hasattr(trainer, "saving_is_watched"):
        return
    trainer.saving_is_watched = True
    saved_name(trainer)  # may have to begin a save, which must not be one within another
    save, keeping = trainer.save_checkpoint, Keeping.of(request)

    @functools.wraps(save)
    def save_checkpoint(*args: Any, **options: Any) -> Any:
        trainer.settings.rng_state = rng_state()
        folder, first = checkpoint_folder(trainer.settings), distributed.rank() == 0
        if first:  # what is beside the file of a run that had come this far before
            weights_path(checkpoint_path(folder, saved_name(trainer), trainer.epoch)).unlink(missing_ok=True)
        try:
            result = save(*args, **options)
        finally:
            vars(trainer.settings).pop("rng_state", None)
        if first and folder.is_dir():
            sync(folder)
            keeping.after_epoch(folder, saved_name(trainer), trainer.epoch, trainer.loaders, trainer.stats)
        return result

    trainer.save_checkpoint = save_checkpoint


def continue_random_numbers(trainer: Any) -> bool:
    """Go on with the random numbers of the checkpoint that a trainer begins with, if it has them; says whether."""
    path = newest_checkpoint(trainer)
    state = None if path is None else getattr(read_checkpoint(path).get("settings"), "rng_state", None)
    if state is None or distributed.world_size() > 1:
        return False
    restore_rng_state(state)
    return True


def stop_if_asked(trainer: Any) -> None:
    """End a run at the step at hand if a signal asks for it; the epochs before it are filed.

    Raises:
        KeyboardInterrupt, Stopped: see `StopRequest.stop`.
    """
    asked: StopRequest | None = getattr(trainer, "stop_request", None)
    if asked is None or asked.signal is None:
        return
    latest = newest_checkpoint(trainer)
    kept = "no checkpoint was written yet" if latest is None else f"--resume goes on from {latest}"
    logger.info(f"stopped by {asked.name} in epoch {trainer.epoch}, within which this checkout cannot go on: {kept}")
    asked.stop()
