"""Which checkpoint a run goes on from, in either engine: a flag means the same with a checkout and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: what a checkpoint holds

from siou_tracking.errors import InputError
from siou_tracking.files import remove_leftovers
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.active_request import active_request
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoints, find_resumable, find_weights_files
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.plain_data import refused_class
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.checkpoints import set_aside
from siou_tracking.ltr.trainers.resume.position import why_unusable

if TYPE_CHECKING:
    from siou_tracking.ltr.trainers.base_trainer import BaseTrainer

logger = get_logger(__name__)

DAMAGED = ".damaged"
"""What is put behind the name of a checkpoint that cannot be read, which nothing takes for one any more."""


def plan_start(trainer: BaseTrainer, load_latest: bool) -> str | InputError | None:
    """What a trainer begins with: the checkpoint to continue from, None for a fresh start, or why neither is possible.

    Asked by the first of several processes. What a killed process left in the folder is removed; a fresh start sets an
    earlier run aside.

    Args:
        load_latest: what the settings file asks for.
    """
    folder, resume = trainer.checkpoint_folder, active_request().resume
    if folder is None:
        return InputError("--resume: no workspace is set, so there is nothing to continue") if resume else None
    remove_leftovers(folder, of_any=True)
    again = distributed.has_begun(folder)
    if resume is False and not again:
        moved = set_aside(folder)
        if moved is not None:
            logger.info(f"fresh start: the earlier run is kept in {moved}")

    def unusable(content: dict[str, Any]) -> str | None:
        if not trainer.stops_within_epochs:
            return f"{type(trainer).__name__} does not go on within epochs"
        return why_unusable(content["within_epoch"], trainer.loaders)

    resume, load_latest = None if again else resume, load_latest or again
    try:
        newest = choose_checkpoint(folder, type(trainer.net).__name__, resume, load_latest, unusable=unusable)
    except InputError as error:
        return error  # for all processes
    distributed.note_begun(folder)
    return None if newest is None else str(newest)


def choose_checkpoint(
    folder: Path,
    network: str,
    resume: bool | None,
    load_latest: bool,
    saved: str = "",
    unusable: Callable[[dict[str, Any]], str | None] | None = None,
) -> Path | None:
    """The checkpoint that a run continues from; None where it starts from nothing.

    Of a run whose newest is damaged the newest whole one is taken, and a note says so.

    Args:
        folder: of the run's checkpoints, there or not. What `--fresh` sets aside is no longer in it.
        network: class name of the network that is trained.
        resume: True for `--resume`.
        load_latest: what the settings file asks for.
        saved: which epochs leave a checkpoint, for the error; '' where each does.
        unusable: why this run cannot go on within the epoch in which a checkpoint was written, if it cannot; None where
            it goes on from whole epochs alone.

    Raises:
        InputError: the folder holds another run or another network and nobody said what to do with it, or there is
            nothing to continue, or nothing whole.
    """
    there = find_resumable(folder, network, within_epochs=unusable is not None)
    if there and (resume or load_latest):
        return _newest_whole(there, unusable)
    if there:
        raise InputError(f"{folder}: holds checkpoints of an earlier run: give --resume or --fresh")
    if others := find_checkpoints(folder):
        raise InputError(f"{folder}: holds checkpoints of {', '.join(others)}, this run trains {network}: give --fresh")
    if weights := [path for epochs in find_weights_files(folder).values() for path in epochs.values()]:
        raise InputError(
            f"{folder}: holds {weights[-1].name} of an earlier run and no checkpoint to go on from: give --fresh"
        )
    if resume:
        raise InputError(f"--resume: {folder}: no checkpoint to continue from{f': {saved}' if saved else ''}")
    return None


def _newest_whole(there: list[Path], unusable: Callable[[dict[str, Any]], str | None] | None) -> Path | None:
    """The first that can be read and used; the damaged ones before it are renamed.

    Raises:
        InputError: there is none: what is wrong with the first.
    """
    damaged: list[tuple[Path, InputError]] = []
    for path in there:
        try:
            content = read_checkpoint(path)
        except InputError as error:
            if not _is_damaged(error):
                raise
            damaged.append((path, error))
            continue
        if unusable is not None and "within_epoch" in content and (why := unusable(content)):
            logger.warning(f"note: checkpoint {path}: not used: {why}")
            continue
        for bad, reason in damaged:
            kept = bad.rename(bad.with_name(bad.name + DAMAGED))
            what = str(reason).partition(": the newest whole one")[0]
            logger.warning(f"note: {what}: kept as {kept.name}, the one before is used: {path.name}")
        return path
    if damaged:
        raise damaged[0][1]
    return None


def _is_damaged(error: InputError) -> bool:
    """Whether it is the file's content that is at fault, and not that it holds what is never loaded, or the disk."""
    cause = error.__cause__
    refused = isinstance(cause, Exception) and refused_class(cause) is not None
    return not refused and not isinstance(cause, OSError | MemoryError)
