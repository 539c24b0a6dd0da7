"""The table on the screen: what a reader must know is said, and said once."""

from __future__ import annotations

from siou_tracking.report.table import align_columns, note_lines


def test_a_note_on_every_tracker_is_said_once_after_those_on_one() -> None:
    cut = [f"sequence {number}: annotated on 30 of 100 frames" for number in range(2)]
    lines = note_lines({"notes": {"a": ["one file is short", *cut], "b": cut}})
    assert lines == ["note: a: one file is short", *(f"note: all: {note}" for note in cut)]


def test_many_notes_are_counted_and_a_single_tracker_keeps_its_name() -> None:
    lines = note_lines({"notes": {"a": [f"note {number}" for number in range(6)]}})
    assert lines == [*(f"note: a: note {number}" for number in range(4)), "note: a: 2 more in --json"]
    assert note_lines({"notes": {"a": [], "b": []}}) == []


def test_numbers_stand_to_the_right_and_words_to_the_left_without_trailing_space() -> None:
    rows = [("name", "a", "b"), ("longer name", "12", "3")]
    assert align_columns(rows) == ["name          a  b", "longer name  12  3"]
    assert align_columns(rows, numbers=False) == ["name         a   b", "longer name  12  3"]
    assert align_columns([("x", "long"), ("y", "")], numbers=False) == ["x  long", "y"]
