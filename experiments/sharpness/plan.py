"""What is compared: a star around the old default, one thing changed at a time, each at every sharpness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any  # what JSON holds

import numpy as np

from experiments.sharpness.forms import DIVERGENCES, FORMS, Member

SHARPNESSES = tuple(2.0**power for power in range(9))
OLD = {"loss": 32.0, "score": 32.0, "density": 4.0}
"""The default sharpness in each role before this run; form and divergence are the first of their tables in each.

As a score it was 4, until a first run of this study."""


@dataclass(frozen=True)
class Table:
    """One measure of many members; larger is better."""

    role: str
    """A key of `OLD`."""
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
    far: Mapping[Member, np.ndarray] = field(default_factory=dict)
    """The same on test data that is far off, which is shown and never asked; empty where there is none."""


def read_table(content: Mapping[str, Any]) -> Table:
    """A table of results.json, a unit a seed or anchor point, without what is far off."""
    val, test = (
        {Member.parse(name): np.array(row[part]) for name, row in content["members"].items()}
        for part in ("val", "test")
    )
    return Table(content["role"], content["measure"], val, test, content["decides"])


def old(role: str) -> Member:
    """The old default of a role."""
    return Member(sharpness=OLD[role])


def star(
    sharpnesses: tuple[float, ...] = SHARPNESSES,
    forms: tuple[str, ...] = tuple(FORMS),
    divergences: tuple[str, ...] = tuple(DIVERGENCES),
) -> list[Member]:
    """Every form on the old divergence and the old form on every divergence, at each sharpness."""
    first = Member()
    pairs = [(form, first.divergence) for form in forms] + [(first.form, divergence) for divergence in divergences]
    return [Member(*pair, sharpness) for pair in dict.fromkeys(pairs) for sharpness in sharpnesses]
