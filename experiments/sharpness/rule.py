"""The rule that defaults are chosen by, fixed before any test number was looked at; test numbers never count.

1.  A default is the option with the best mean on validation data.
2.  It replaces the old default only if it beats it there by more than chance: the interval of the differences, paired
    by seed, that leaves out 5 % / (number of other options) must lie above 0.
3.  A form or divergence stands for itself at the sharpness that is best for it, and may only become the default if it
    keeps every property of `properties.py`.
4.  The loss role is decided on the mean of the ltrb and the center head, score and density each on its own head.
5.  Single heads and whole trackers are asked the same, and one of them stops a change that makes it worse by more than
    chance (95 %). The simulation is asked and shown: without a network between box and loss it ranks step sizes too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from experiments.seed_statistics import compare_paired, compare_two_level
from experiments.sharpness.forms import DIVERGENCES, FORMS, Member
from experiments.sharpness.plan import Table, old
from siou_tracking.benchmarks.comparing.statistics import Interval

LEVEL = 0.95


@dataclass(frozen=True)
class Choice:
    """What the rule says of one question on one table."""

    question: str
    """sharpness, form or divergence."""
    before: Member
    """The old default; for form and divergence the old ones at their best sharpness."""
    best: Member
    options: int
    difference: Interval
    """Best minus before on validation data, at the corrected level."""
    on_test: Interval
    """The same on test data, at 95 %; it decides nothing."""
    stopped_by: tuple[str, ...] = ()
    """Tables that the best makes worse."""
    decides: bool = False
    """Whether it is asked of the table that decides."""
    barred: bool = False
    """Whether the best is only shown, for it does not keep every property."""

    @property
    def better(self) -> bool:
        """Whether the best beats the old by more than chance."""
        return self.best != self.before and self.difference.low > 0

    @property
    def changes(self) -> bool:
        """Whether the default changes."""
        return self.decides and self.better and not self.stopped_by and not self.barred


def ask(table: Table, allowed: Collection[Member]) -> list[Choice]:
    """The rule's answers of one table: sharpness, form and divergence, as far as it has options.

    Forms and divergences that may not become a default are compared too, and marked as barred.

    Args:
        table: it holds the old default of its role.
        allowed: the members that may become a default.
    """
    default = old(table.role)
    line = _at(table, default.form, default.divergence)
    bests = {
        "form": [best_of(table, found) for form in FORMS if (found := _at(table, form, default.divergence))],
        "divergence": [best_of(table, found) for one in DIVERGENCES if (found := _at(table, default.form, one))],
    }
    answers = [_choose("sharpness", table, line, default)]
    for question, found in bests.items():
        before = best_of(table, line)
        others = [member for member in found if member != before]
        for barred in (False, True):
            some = [member for member in others if (member not in allowed) == barred]
            if some:
                options = some if barred else [before, *some]
                answers.append(replace(_choose(question, table, options, before), barred=barred))
    return [answer for answer in answers if answer.options > 1 or answer.barred]


def ask_all(tables: Mapping[str, Table], allowed: Collection[Member]) -> dict[str, dict[str, list[Choice]]]:
    """Role -> table -> answers; those of the table that decides come first and know what stops them."""
    found: dict[str, dict[str, list[Choice]]] = {}
    for name, table in sorted(tables.items(), key=lambda entry: not entry[1].decides):
        answers = ask(table, allowed)
        if table.decides:
            others = {
                other: one for other, one in tables.items() if one.role == table.role and one.stops and other != name
            }
            answers = [replace(_with_stops(answer, others), decides=True) for answer in answers]
        found.setdefault(table.role, {})[name] = answers
    return found


def mean_table(tables: Mapping[str, Table]) -> Table:
    """The mean of tables of one role with the same seeds, of the members that all have."""
    first = next(iter(tables.values()))
    shared = [member for member in first.val if all(member in one.val for one in tables.values())]
    val, test = (
        {member: np.mean([getattr(one, part)[member] for one in tables.values()], axis=0) for member in shared}
        for part in ("val", "test")
    )
    return Table(first.role, first.measure, val, test, decides=True)


def _at(table: Table, form: str, divergence: str) -> list[Member]:
    return [member for member in table.val if (member.form, member.divergence) == (form, divergence)]


def best_of(table: Table, members: Collection[Member]) -> Member:
    """The member with the best mean on validation data."""
    return max(members, key=lambda member: float(table.val[member].mean()))


def _choose(question: str, table: Table, options: Collection[Member], before: Member) -> Choice:
    best = best_of(table, options)
    level = 1 - (1 - LEVEL) / max(sum(member != before for member in options), 1)
    difference = paired_difference(table.val[best], table.val[before], level)
    on_test = paired_difference(table.test[best], table.test[before], LEVEL)
    return Choice(question, before, best, len(options), difference, on_test)


def _with_stops(choice: Choice, others: Mapping[str, Table]) -> Choice:
    if choice.best == choice.before:
        return choice
    stops = [
        name
        for name, table in others.items()
        if choice.best in table.val
        and choice.before in table.val
        and paired_difference(table.val[choice.best], table.val[choice.before], LEVEL).high < 0
    ]
    return replace(choice, stopped_by=tuple(stops))


def paired_difference(a: np.ndarray, b: np.ndarray, level: float) -> Interval:
    """Mean of a - b over units (n,), or over seeds and sequences (seeds, sequences), and its interval."""
    if a.ndim == 1:
        return compare_paired(a, b, level).difference
    return compare_two_level(a, b, level).difference
