"""The rule that defaults are chosen by. It was fixed before any test number was looked at, and test numbers never count.

1.  A default is the option with the best mean on validation data.
2.  It replaces today's only if it beats it there by more than chance: of the differences, paired by seed (or anchor
    point, or seed and sequence), the interval that leaves out 5 % / (number of other options) must lie above 0.
3.  A form or divergence stands for the question at the sharpness that is best for it, and may only become the default
    if it keeps every property of `properties.py`.
4.  The loss role is decided on the ltrb and center heads (mean of both), the score and density roles on their heads.
    Simulation and whole trackers are shown with what the rule would say of each: one that says the opposite of a
    change with an interval of its own stops it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from experiments.seed_statistics import compare_paired, compare_two_level
from experiments.sharpness.forms import DIVERGENCES, FORMS, Member
from siou_tracking.benchmarks.comparing.statistics import Interval

LEVEL = 0.95
Values = Mapping[Member, np.ndarray]
"""(units,) or (seeds, sequences) of each member, the same units for all."""


@dataclass(frozen=True)
class Choice:
    """What the rule says of one question."""

    question: str
    today: Member
    best: Member
    difference: Interval
    """Best minus today on validation data, at the corrected level."""
    on_test: Interval
    """The same on test data, at 95 %; it decides nothing."""
    changes: bool

    def __str__(self) -> str:
        low, high = self.difference.low, self.difference.high
        verdict = f"becomes {describe(self.best)}" if self.changes else f"stays {describe(self.today)}"
        return (
            f"{self.question}: {verdict} (best on validation: {describe(self.best)}, by {self.difference.value:+.4f}, "
            f"[{low:+.4f}, {high:+.4f}] corrected; on test {self.on_test.value:+.4f})"
        )


def describe(member: Member) -> str:
    """A member in words."""
    return f"{member.form}, {member.divergence}, {member.sharpness:g}"


def choose_all(val: Values, test: Values, today: Member, allowed: Collection[Member]) -> list[Choice]:
    """The rule's answers for sharpness, form and divergence, of what `val` holds of each.

    Args:
        val, test: larger is better.
        today: the default that is questioned; `val` and `test` hold it.
        allowed: the members that may become a default.
    """
    line = [member for member in val if (member.form, member.divergence) == (today.form, today.divergence)]
    options = {"sharpness": line}
    for question, table in (("form", FORMS), ("divergence", DIVERGENCES)):
        others = [value for value in table if value != getattr(today, question)]
        fixed = "divergence" if question == "form" else "form"
        bests = [best_of(val, [m for m in val if getattr(m, question) == value and getattr(m, fixed) ==
                 getattr(today, fixed)]) for value in others]
        options[question] = [best_of(val, line), *(best for best in bests if best is not None)]
    return [
        choose(question, val, test, [m for m in found if m in allowed], today if question == "sharpness" else found[0])
        for question, found in options.items()
        if len(found) > 1
    ]


def best_of(val: Values, members: Collection[Member]) -> Member | None:
    """The member with the best mean; None of none."""
    return max(members, key=lambda member: val[member].mean(), default=None)


def choose(question: str, val: Values, test: Values, options: Collection[Member], today: Member) -> Choice:
    """The rule's answer for one question."""
    best = max(options, key=lambda member: val[member].mean())
    level = 1 - (1 - LEVEL) / max(len(options) - 1, 1)
    difference = paired_difference(val[best], val[today], level)
    on_test = paired_difference(test[best], test[today], LEVEL)
    return Choice(question, today, best, difference, on_test, best != today and difference.low > 0)


def paired_difference(a: np.ndarray, b: np.ndarray, level: float) -> Interval:
    """Mean of a - b over units (n,), or over seeds and sequences (seeds, sequences), and its interval."""
    if a.ndim == 1:
        return compare_paired(a, b, level).difference
    return compare_two_level(a, b, level).difference
