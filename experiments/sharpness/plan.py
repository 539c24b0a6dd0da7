"""What is compared: a star around today's loss, one thing changed at a time, each at every sharpness; and what is kept.

A finished unit of work is a small file under parts/ that says what it was made from; a call with the same goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # a part as JSON has it

import numpy as np
import torch

from experiments.sharpness.forms import DIVERGENCES, FORMS, Member
from siou_tracking.files import write_json
from siou_tracking.losses.box.smooth_iou import LOSS_SHARPNESS, SCORE_SHARPNESS

SHARPNESSES = tuple(2.0**power for power in range(9))
TODAY = {"loss": LOSS_SHARPNESS, "score": SCORE_SHARPNESS, "density": SCORE_SHARPNESS}
"""Today's sharpness in each role; form and divergence are the first of their tables in every role."""
Part = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """One measure of many members; larger is better."""

    role: str
    """A key of `TODAY`."""
    measure: str
    """What is measured, in words."""
    val: Mapping[Member, np.ndarray]
    """On validation data: (units,), or (seeds, sequences), the same units for each member."""
    test: Mapping[Member, np.ndarray]
    """The same on test data."""
    decides: bool = True
    """Whether the role's default is decided on it."""
    stops: bool = True
    """Whether it stops a change that makes it worse."""


def today(role: str) -> Member:
    """The default of a role."""
    return Member(sharpness=TODAY[role])


def star(
    sharpnesses: tuple[float, ...] = SHARPNESSES,
    forms: tuple[str, ...] = tuple(FORMS),
    divergences: tuple[str, ...] = tuple(DIVERGENCES),
) -> list[Member]:
    """Every form on today's divergence and today's form on every divergence, at each sharpness."""
    first = Member()
    pairs = [(form, first.divergence) for form in forms] + [(first.form, divergence) for divergence in divergences]
    return [Member(*pair, sharpness) for pair in dict.fromkeys(pairs) for sharpness in sharpnesses]


def keep(path: Path, made_from: Mapping[str, object], make: Callable[[], Part]) -> Part:
    """What `path` holds if it was made from this; else make and store it.

    Args:
        path: the part's file.
        made_from: everything that decides what it holds, as JSON has it.
        make: makes it.
    """
    stored = find(path, made_from)
    if stored is None:
        stored = make()
        write_json(path, {"made_from": _stamp(made_from), "part": stored})
    return stored


def find(path: Path, made_from: Mapping[str, object]) -> Part | None:
    """What `path` holds if it was made from this; None where it is absent or was made from something else."""
    stored = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    part: Part | None = stored["part"] if stored.get("made_from") == _stamp(made_from) else None
    return part


def _stamp(made_from: Mapping[str, object]) -> object:
    return json.loads(json.dumps({**made_from, "torch": torch.__version__}))
