"""Defaults change only for what is better on validation data by more than chance and keeps all properties."""

from __future__ import annotations

import dataclasses

import numpy as np

from experiments.sharpness.density import LIMIT
from experiments.sharpness.forms import Member
from experiments.sharpness.plan import Table
from experiments.sharpness.properties import Finding
from experiments.sharpness.report import say, write_report
from experiments.sharpness.rule import ask, ask_all, mean_table

OLD, SHARP, KL, EXP = (
    Member(sharpness=4.0),
    Member(sharpness=8.0),
    Member(divergence="kl", sharpness=4.0),
    Member("exp"),
)
NOISE = np.array([0.0, 0.01, -0.01, 0.02, -0.02])
ALLOWED = {OLD, SHARP, KL}


def table(values: dict[Member, float], decides: bool = True, noise: float = 0.01) -> Table:
    """Five seeds of each; a member's own noise is small beside what the seeds share."""
    val = {
        member: value + NOISE + noise * np.random.default_rng(place).standard_normal(5)
        for place, (member, value) in enumerate(values.items())
    }
    return Table("density", "mean IoU", val, {member: -seeds for member, seeds in val.items()}, decides)


def answers(*tables: Table) -> dict[str, object]:
    found = ask_all({f"table {place}": one for place, one in enumerate(tables)}, ALLOWED)
    return {f"{one.question}{' barred' * one.barred}": one for one in found["density"]["table 0"]}


def test_a_clear_win_on_validation_data_changes_the_default_whatever_the_test_data_say() -> None:
    choice = answers(table({OLD: 0.5, SHARP: 0.6}))["sharpness"]
    assert choice.best == SHARP and choice.changes and choice.on_test.high < 0
    assert say(choice) == "sharpness changes from log bhattacharyya 4 to log bhattacharyya 8"


def test_a_win_that_may_be_chance_changes_nothing() -> None:
    choice = answers(table({OLD: 0.5, SHARP: 0.505}, noise=0.02))["sharpness"]
    assert choice.best == SHARP and not choice.changes and "may be chance" in say(choice)


def test_more_options_ask_for_more() -> None:
    few = ask(table({OLD: 0.5, SHARP: 0.6}), ALLOWED)[0]
    others = {Member(sharpness=value): 0.4 for value in (1.0, 2.0, 16.0, 32.0)}
    many = ask(table({OLD: 0.5, SHARP: 0.6, **others}), ALLOWED | set(others))[0]
    assert few.difference.mean == many.difference.mean and many.difference.low < few.difference.low
    assert (few.difference.level, many.difference.level) == (0.95, 0.99)


def test_the_old_default_stays_where_it_is_best() -> None:
    choice = answers(table({OLD: 0.6, SHARP: 0.5}))["sharpness"]
    assert not choice.changes and choice.best == OLD and choice.difference.mean == 0
    assert say(choice) == "sharpness stays log bhattacharyya 4, the best on validation data"


def test_a_form_that_loses_a_property_is_shown_and_barred() -> None:
    found = answers(table({OLD: 0.5, EXP: 0.9}))
    assert set(found) == {"form barred"}
    assert found["form barred"].better and not found["form barred"].changes


def test_a_divergence_is_held_against_the_old_at_its_best() -> None:
    choice = answers(table({OLD: 0.5, SHARP: 0.6, KL: 0.7}))["divergence"]
    assert (choice.before, choice.best, choice.changes) == (SHARP, KL, True)


def test_another_table_of_the_role_stops_a_change_that_harms_it() -> None:
    wins, loses = table({OLD: 0.5, SHARP: 0.6}), table({OLD: 0.6, SHARP: 0.5}, decides=False)
    choice = answers(wins, loses)["sharpness"]
    assert choice.stopped_by == ("table 1",) and not choice.changes and "table 1 stops it" in say(choice)
    assert answers(wins, dataclasses.replace(loses, stops=False))["sharpness"].changes
    assert answers(wins, table({OLD: 0.5, SHARP: 0.499}, decides=False, noise=0.02))["sharpness"].changes


def test_seeds_and_sequences_are_compared_as_such() -> None:
    val = {
        member: value + 0.01 * np.random.default_rng(1).standard_normal((3, 8))
        for member, value in ((OLD, 0.5), (SHARP, 0.6))
    }
    choice = ask(Table("density", "AUC", val, val, decides=False), ALLOWED)[0]
    assert choice.better and not choice.changes  # it does not decide


def test_heads_of_a_role_are_averaged_over_what_they_share() -> None:
    both = mean_table({"a": table({OLD: 0.5, SHARP: 0.6}, noise=0), "b": table({OLD: 0.7}, noise=0)})
    assert list(both.val) == [OLD]
    np.testing.assert_allclose(both.val[OLD], 0.6 + NOISE)


def test_the_report_names_what_decides() -> None:
    tables = {"a head": table({OLD: 0.5, SHARP: 0.6, EXP: 0.4})}
    findings = {OLD: {"T1": Finding(True, 1.0)}, EXP: {"T1": Finding(False, 0.5)}}
    density = dict.fromkeys(("exponent", "z_ratio", "beyond_3_sigma", "beyond_6_sigma", "elsewhere"), 0.25)
    text = write_report(findings, tables, ask_all(tables, ALLOWED), {OLD.name: density, LIMIT: density})
    assert "| exp bhattacharyya | **no** (0.5) |\n" in text
    assert text.index("| to 0: the Gaussian |") < text.index("| 4 | 0.25 |")
    assert "* density: sharpness changes from log bhattacharyya 4 to log bhattacharyya 8\n" in text
    assert "| density | **a head** | form | exp bhattacharyya 32 (barred: loses a property) | -0.2" in text
