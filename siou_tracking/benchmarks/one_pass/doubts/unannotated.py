"""Frames that the rules take for not annotated, because x, y, w or h is not positive: which, and why.

The OTB and LaSOT toolkits count pixels from 1, so that a box that starts at 0 is none to them. In own data whose pixels
are counted from 0 every target at the left or upper border is lost by that, without a word from the toolkits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container

import numpy as np

from siou_tracking.wording import list_ranges, listed


@dataclasses.dataclass(frozen=True)
class Unannotated:
    """Frames of one sequence."""

    name: str
    sizeless: np.ndarray
    """Indices from 0 of frames whose w or h is not positive."""
    outside: np.ndarray
    """Of those that have a size, and x or y is not positive."""
    from_zero: bool
    """None of x and y is negative in `outside`: they may be counted from 0."""
    all_frames: bool


def find_unannotated(name: str, truth: np.ndarray, absent: np.ndarray | None = None) -> Unannotated | None:
    """The frames of a sequence that are not annotated; None where all are.

    Args:
        name: of the sequence.
        truth: (n, 4) xywh.
        absent: (n,) bool, frames that are marked absent and need no box.
    """
    if truth.min() > 0:
        return None
    bad = (truth <= 0).any(axis=1)
    if absent is not None:
        bad &= ~absent
    if not bad.any():
        return None
    sizeless = bad & (truth[:, 2:] <= 0).any(axis=1)
    outside = bad & ~sizeless
    return Unannotated(
        name=name,
        sizeless=np.flatnonzero(sizeless),
        outside=np.flatnonzero(outside),
        from_zero=bool(outside.any()) and truth[outside, :2].min() >= 0,
        all_frames=bool(bad.all() if absent is None else (bad | absent).all()),
    )


def describe_unannotated(found: list[Unannotated], official: Container[str] = ()) -> list[str]:
    """One line on these frames, in words; none where there are none.

    Args:
        found: of several sequences.
        official: names of sequences whose boxes are known to count from 1.
    """
    parts = []
    for words, kind in (("whose w or h is not positive", "sizeless"), ("whose x or y is not positive", "outside")):
        frames = {one.name: getattr(one, kind) for one in found if len(getattr(one, kind))}
        if frames:
            where = listed([f"{name} {list_ranges(indices + 1, 3)}" for name, indices in frames.items()])
            parts.append(f"{sum(map(len, frames.values()))} {words} ({where})")
    if not parts:
        return []
    hint = ""
    if any(one.from_zero and one.name not in official for one in found):
        hint = "; where pixels are counted from 0, add 1 to x and y of annotations and results"
    return [f"frames that count as not annotated: {', '.join(parts)}{hint}"]
