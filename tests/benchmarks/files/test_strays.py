"""Folders that are no tracker are told from trackers that lack sequences."""

from __future__ import annotations

import pytest

from siou_tracking.benchmarks.files.strays import find_strays

ALL = [f"s{number}" for number in range(10)]


@pytest.mark.parametrize(
    ("trackers", "foreign", "strays", "notes"),
    [
        ({"a": ALL, "b": ALL[:3]}, [], [], []),  # a tracker that lacks sequences
        ({"a": ALL, "a/old": ALL}, [], [], []),  # whole wherever it lies
        ({"a": ALL, "a/old": ALL[:3]}, [], ["a/old"], ["a/old: 3 of 10"]),
        ({"": ALL, "old": ALL[:3]}, [], ["old"], ["old: 3 of 10"]),
        *(({"a": ALL, one: ALL[:3]}, [], [one], [f"{one}: 3 of 10"]) for one in ("a_old", "Backup", "a copy", "bak/b")),
        ({"a": ALL, "gold": ALL[:3], "a copy": ALL, "bold2": ALL[:1]}, [], [], []),
        ({"old": ALL[:3]}, [], [], []),
        ({"a": ALL[:3], "a/b": ALL[:3]}, [], [], []),  # neither is more than the other
        ({"a": ALL, "vot/x": ALL[:2]}, [f"vot/x/o{n}.txt" for n in range(8)], ["vot/x"], ["vot/x: 2 of 10"]),
        ({"a": ALL, "b": ALL[:2]}, [f"b/o{n}.txt" for n in range(7)], [], []),
        ({"b": ALL[:2]}, [f"b/o{n}.txt" for n in range(80)], [], []),  # the only one is told what it lacks
        ({"a": ALL}, ["a/readme.txt", "notes.txt"], [], []),
        ({"a": ALL}, ["l/x/1.txt", "l/y/1.txt", "m/1.txt"], [], ["l: 2 files", "m: 1 file,"]),
        ({"o/a": ALL}, ["o/l/x/1.txt", "o/1.txt"], [], ["o/l: 1 file,"]),
    ],
)  # fmt: skip
def test_strays(trackers: dict[str, list[str]], foreign: list[str], strays: list[str], notes: list[str]) -> None:
    found, said = find_strays(trackers, foreign, len(ALL))
    assert found == strays
    assert len(said) == len(notes)
    assert all(line.startswith(f"passed over: {words}") for line, words in zip(said, notes, strict=True))
