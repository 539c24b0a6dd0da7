"""Which checkpoint a run goes on from, in either engine: a flag means the same with a checkout and without."""

from __future__ import annotations

from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoints, newest_checkpoint


def choose_checkpoint(
    folder: Path, network: str, resume: bool | None, load_latest: bool, saved: str = ""
) -> Path | None:
    """The checkpoint that a run continues from; None where it starts from nothing.

    Args:
        folder: of the run's checkpoints, there or not. What `--fresh` sets aside is no longer in it.
        network: class name of the network that is trained.
        resume: True for `--resume`.
        load_latest: what the settings file asks for.
        saved: which epochs leave a checkpoint, for the error; '' where each does.

    Raises:
        InputError: the folder holds another run or another network and nobody said what to do with it, or there is
            nothing to continue.
    """
    newest = newest_checkpoint(folder, network)
    if newest is not None and (resume or load_latest):
        return newest
    if newest is not None:
        raise InputError(f"{folder}: holds checkpoints of an earlier run: give --resume or --fresh")
    if others := find_checkpoints(folder):
        raise InputError(f"{folder}: holds checkpoints of {', '.join(others)}, this run trains {network}: give --fresh")
    if resume:
        raise InputError(f"--resume: {folder}: no checkpoint to continue from{f': {saved}' if saved else ''}")
    return None
