"""The table all multi-object data become: one row a box, in columns, with one set of rules for what a box may be."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np

from siou_tracking.errors import InputError

PEDESTRIAN = 1
LIMIT = 1e9  # pixels: the square of more loses an IoU in rounding, and no image is that large
MOST_FRAMES = 10_000_000
"""Largest number of a frame, of four days at 25 frames/s: tables by frame are made of it, whatever a file says."""
_WHOLE = 2.0**53  # beyond it a float64 no longer holds every whole number


@dataclasses.dataclass(frozen=True)
class Tracks:
    """Boxes of one sequence, ordered by frame and, where boxes have identities, by identity.

    Attributes:
        frame: (n,) int64, from 1.
        identity: (n,) int64, from 0; -1 for detections that belong to no track.
        xywh: (n, 4) float64 left, top, width, height in pixels; the image's left top corner is (0, 0), and boxes may
            leave the image.
        score: (n,) float64 confidence; of ground truth the flag as it stands in the file.
        category: (n,) int64 MOTChallenge class, 1 for a pedestrian; 1 where the file names none.
        considered: (n,) bool, False for ground truth that is there but not counted.
        visibility: (n,) float64, 1 where the file says nothing.
    """

    frame: np.ndarray
    identity: np.ndarray
    xywh: np.ndarray
    score: np.ndarray
    category: np.ndarray
    considered: np.ndarray
    visibility: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)

    def select(self, rows: np.ndarray | slice) -> Tracks:
        """The rows of a boolean mask, an index array or a slice, in that order."""
        return Tracks(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))

    def ordered(self) -> Tracks:
        """By frame, then identity; boxes of one frame and identity keep their order."""
        return self.select(np.lexsort((self.identity, self.frame)))

    def frame_slices(self, length: int) -> list[slice]:
        """Rows of frame 1, 2, .. `length`; the table must be ordered, as all tables that are read are."""
        ends = np.searchsorted(self.frame, np.arange(length + 1), side="right").tolist()
        return [slice(start, end) for start, end in itertools.pairwise(ends)]


def make_tracks(
    frame: np.ndarray,
    identity: np.ndarray,
    xywh: np.ndarray,
    score: np.ndarray | None = None,
    category: np.ndarray | None = None,
    considered: np.ndarray | None = None,
    visibility: np.ndarray | None = None,
) -> Tracks:
    """An ordered table from columns of any number type; those left out are 1 and True.

    Args:
        frame, identity: (n,), whole numbers.
        xywh: (n, 4), or anything of no elements for none.
        score, category, considered, visibility: (n,).
    """
    count = len(frame)

    def column(values: np.ndarray | None, kind: type) -> np.ndarray:
        return np.ones(count, kind) if values is None else np.asarray(values).reshape(count).astype(kind)

    return Tracks(
        column(frame, np.int64),
        column(identity, np.int64),
        np.asarray(xywh, np.float64).reshape(count, 4),
        column(score, np.float64),
        column(category, np.int64),
        column(considered, np.bool_),
        column(visibility, np.float64),
    ).ordered()


def check_columns(frame: np.ndarray, identity: np.ndarray, where: Callable[[int], str], tracked: bool) -> None:
    """Refuse frames and identities that are no whole numbers of the allowed range.

    Args:
        frame, identity: (n,) numbers as read.
        where: names the place of a row in an error.
        tracked: identities count from 0; otherwise any whole number, such as the -1 of detections, will do.

    Raises:
        InputError: the first wrong row.
    """
    outside = _not_whole(frame) | (frame < 1) | (frame > MOST_FRAMES)
    _refuse(outside, where, "frame", frame, f"whole numbers from 1 to {MOST_FRAMES:,}")
    if tracked:
        _refuse(_not_whole(identity) | (identity < 0), where, "identity", identity, "whole numbers from 0")
    else:
        _refuse(_not_whole(identity), where, "identity", identity, "whole numbers, -1 for none")


def check_tracks(
    tracks: Tracks, where: Callable[[int], str], *, length: int | None = None, tracked: bool = True, empty: bool = False
) -> None:
    """Refuse boxes that would become wrong numbers.

    Args:
        tracks: rows in the order that `where` counts them.
        where: names the place of a row in an error.
        length: frames of the sequence, if known.
        tracked: a frame may hold an identity once.
        empty: also boxes without area are fine; a score counts them as false positives, so no number is wrong.

    Raises:
        InputError: the first row with a frame beyond the sequence, a NaN, a size that is not positive, a coordinate
            beyond 1e9 pixels, or an identity that its frame already has.
    """
    if length is not None:
        _refuse(tracks.frame > length, where, "frame", tracks.frame, f"1 to {length}, the length of the sequence")
    missing = np.isnan(np.column_stack([tracks.xywh, tracks.score, tracks.visibility])).any(axis=1)
    if missing.any():
        raise InputError(f"{where(int(np.argmax(missing)))}: got NaN, numbers are expected")
    _refuse((np.abs(tracks.xywh) > LIMIT).any(axis=1), where, "box", tracks.xywh, f"up to {LIMIT:.0e} pixels")
    size = tracks.xywh[:, 2:].min(axis=1, initial=np.inf)
    pointless = ~tracks.considered | empty
    _refuse((size < 0) | ((size == 0) & ~pointless), where, "width and height", tracks.xywh[:, 2:], "more than 0")
    if tracked and len(tracks):
        order = np.lexsort((tracks.identity, tracks.frame))
        frame, identity = tracks.frame[order], tracks.identity[order]
        again = np.zeros(len(tracks), bool)
        again[order[1:]] = (frame[1:] == frame[:-1]) & (identity[1:] == identity[:-1])
        if again.any():
            row = int(np.argmax(again))
            what = f"identity {tracks.identity[row]} stands twice in frame {tracks.frame[row]}"
            raise InputError(f"{where(row)}: {what}, allowed is once")


def refuse_other_classes(tracks: Tracks, where: str) -> None:
    """Refuse results of anything but pedestrians, the only class that MOTChallenge scores.

    Raises:
        InputError: the first box of another class.
    """
    other = tracks.category != PEDESTRIAN
    if other.any():
        row = int(np.argmax(other))
        what = f"class {tracks.category[row]} in frame {tracks.frame[row]}"
        raise InputError(f"{where}: got {what} (column 8), allowed are 1, the pedestrian, and -1")


def _not_whole(values: np.ndarray) -> np.ndarray:
    return ~(np.abs(values) <= _WHOLE) | (values != np.floor(values))


def _refuse(wrong: np.ndarray, where: Callable[[int], str], what: str, values: np.ndarray, allowed: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        got = ", ".join(f"{value:.12g}" for value in np.atleast_1d(values[row]).tolist())
        raise InputError(f"{where(row)}: {what}: got {got}, allowed are {allowed}")
