"""Finished units of a study's work, each a small file under parts/ that says what it was made from: a study goes on.

A file that was made from something else, or with another torch, counts as none and is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # what JSON holds

import torch
from tqdm import tqdm

from siou_tracking.files import write_json
from siou_tracking.losses import describe
from siou_tracking.losses.box.entry import Role
from siou_tracking.parallel import run_jobs

Part = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """One unit of work."""

    file: Path
    made_from: Mapping[str, object]
    """Everything that decides what the file holds, as JSON has it."""
    arguments: tuple[object, ...]
    """Of the function that makes it; they can be sent to another process."""


def run_units(
    function: Callable[..., Part], units: Sequence[Unit], workers: int | None, what: str, unit: str = "unit"
) -> list[Part]:
    """What every unit holds, in order: read where its file fits, else made by a process and kept at once.

    Args:
        function: makes a part that JSON can hold.
        units: no two with one file.
        workers: processes; None for one a core.
        what, unit: names of the progress bar.
    """
    found = [read_part(one) for one in units]
    todo = [place for place, part in enumerate(found) if part is None]
    done = len(units) - len(todo)
    with tqdm(total=len(units), initial=done, desc=what, unit=unit, mininterval=5, disable=not units) as bar:
        for index, part in run_jobs(function, [units[place].arguments for place in todo], workers=workers):
            one = units[todo[index]]
            write_json(one.file, {"made_from": _stamp(one), "part": part})
            found[todo[index]] = part
            bar.update()
    return [part for part in found if part is not None]


def read_part(unit: Unit) -> Part | None:
    """What the unit's file holds; None where it is absent or was made from something else."""
    stored = json.loads(unit.file.read_text("utf-8")) if unit.file.is_file() else {}
    part: Part | None = stored["part"] if stored.get("made_from") == _stamp(unit) else None
    return part


def loss_defaults(name: str, role: Role) -> dict[str, Any]:
    """What a loss's name stands for in a role: its own parameters there, for `made_from`.

    Raises:
        InputError: unknown name.
    """
    return describe(name).own_params(role)


def _stamp(unit: Unit) -> object:
    return json.loads(json.dumps({**unit.made_from, "torch": torch.__version__}))
