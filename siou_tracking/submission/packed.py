"""The archive itself: what it may be called, and what is told of it. Light: every verb's `--help` imports this."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

from siou_tracking.errors import InputError
from siou_tracking.files import check_outputs


@dataclasses.dataclass(frozen=True)
class Packed:
    """A written archive."""

    path: Path
    sequences: int
    notes: list[str]
    """What was not checked, or is missing but allowed."""


def check_archive_name(out: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str] | None] = ()) -> None:
    """Refuse, before any results are read, an archive that could not be written after it.

    Args:
        out: the archive.
        inputs: what is read, and may not be replaced.

    Raises:
        InputError: the name does not end in .zip, or a folder has it, or its folder cannot be written in, or it is a
            file that is read.
    """
    if Path(out).suffix.lower() != ".zip":
        raise InputError(f"submission: {out}: the archive's name must end in .zip")
    check_outputs({"--out": out}, inputs)
