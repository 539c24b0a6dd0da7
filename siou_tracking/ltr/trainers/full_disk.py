"""A disk that is full ends a training in one line that says which checkpoint is whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # arguments of torch.save, passed on

from siou_tracking.errors import NO_ROOM, InputError


@contextlib.contextmanager
def full_disk_explained(folder: Path | None, newest: Callable[[], Path | None]) -> Iterator[None]:
    """Turn the error of a write that found no room inside the block into one for the user.

    Args:
        folder: of the run's checkpoints, named where the error names no file; None without a workspace.
        newest: asked for the newest checkpoint there.

    Raises:
        InputError: in place of any exception that a full disk or an exhausted quota caused.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        cause = _find_cause(error)
        if cause is None:
            raise
        place = Path(os.fsdecode(cause.filename)).parent if cause.filename else folder
        latest = newest()
        what, mend = NO_ROOM[cause.errno or 0]
        kept = "no checkpoint was written"
        if latest is not None:
            epoch = latest.name.rpartition("_ep")[2].partition(".")[0]
            kept = f"checkpoint of epoch {int(epoch)} is whole: {latest}: {mend} and give --resume"
        raise InputError(f"{what} {place}, {kept}") from error


def _find_cause(error: BaseException | None) -> OSError | None:
    """The error of the write itself, which the writer of an archive covers with one about the archive."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return error
        error = error.__cause__ or error.__context__
    return None


def saving_whole(save: Callable[..., None]) -> Callable[..., None]:
    """`torch.save` that leaves no file where it could not write a whole one, and lets the cause of that be seen.

    Given a path, torch opens the file out of Python's sight and reports no more than that its archive went wrong.
    """

    def save_whole(content: Any, file: Any, *args: Any, **options: Any) -> None:
        if not isinstance(file, (str, os.PathLike)):
            return save(content, file, *args, **options)
        path = Path(file)
        try:
            with path.open("wb") as opened:
                save(content, opened, *args, **options)
                opened.flush()
                os.fsync(opened.fileno())  # before whoever called gives it its name
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    return save_whole
