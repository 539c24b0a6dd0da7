"""Data sets that are not whole on this disk: what is left out of them or taken for granted is counted and said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger

logger = get_logger(__name__)

_Sequence = TypeVar("_Sequence")


def keep_annotated(
    where: str, sequences: Sequence[_Sequence], boxes_of: Callable[[_Sequence], Path], wanted: int | None = None
) -> list[_Sequence]:
    """The sequences whose file of boxes is there; the others, such as empty folders, are counted in a note.

    Args:
        where: name and folder of the data set, for messages.
        sequences: those that a list or a split names.
        boxes_of: a sequence to its file of boxes.
        wanted: the number that the note counts from; None for that of `sequences`.

    Raises:
        InputError: there is none of them.
    """
    missing = [path for sequence in sequences if not (path := boxes_of(sequence)).is_file()]
    if not missing:
        return list(sequences)
    if len(missing) == len(sequences):
        raise InputError(f"{where}: none of {len(sequences)} sequences is there, first {missing[0]}: no such file")
    total = len(sequences) if wanted is None else wanted
    logger.warning(f"note: {where}: {len(missing)} of {total} sequences are left out, first {missing[0]} is not there")
    return [sequence for sequence in sequences if boxes_of(sequence).is_file()]


def note_unlabeled(
    where: str, sequences: Sequence[_Sequence], labels_of: Callable[[_Sequence], Sequence[Path]]
) -> None:
    """Say how many sequences lack a file that tells where their target cannot be seen: they are read as if it could.

    Args:
        labels_of: a sequence to its label files. Other arguments as in `keep_annotated`.
    """
    missing = [bare for sequence in sequences if (bare := [p for p in labels_of(sequence) if not p.is_file()])]
    if missing:
        logger.warning(
            f"note: {where}: {len(missing)} of {len(sequences)} sequences have no labels of visibility, first "
            f"{missing[0][0]} is not there: their target is taken to be visible wherever it has a box"
        )


def note_flat_boxes(where: str, flat: int, total: int) -> None:
    """Say how many objects of a set of images are left out because their box has no area."""
    if flat:
        logger.warning(f"note: {where}: {flat} of {total} objects have a box without width or height and are left out")
