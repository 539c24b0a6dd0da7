"""The record of a run is read as it was written, and another one is refused with its line."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers.history import FILE_NAME, read_history, write_history

LINE = {"epoch": 1, "loader": "train", "stats": {"Loss/total": 0.5}, "learning_rate": [0.1], "seconds": 1.5}


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert read_history(tmp_path) == []
    write_history(tmp_path, [LINE, {**LINE, "epoch": 2, "stats": {"Loss/total": math.nan}}])
    assert read_history(tmp_path) == [LINE, {**LINE, "epoch": 2, "stats": {"Loss/total": None}}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[" * 100_000, "line 2: not JSON: got more lists"),
        ('{"epoch": ' + "1" * 5000 + "}", "line 2: not JSON: got a number of 5,000 digits"),
        ("5", "line 2: got 5, expected an object with epoch, loader and stats"),
        ('{"loader": "train", "stats": {}}', "line 2: got .*, expected an object"),
        ('{"epoch": null, "loader": "train", "stats": {}}', "line 2: got .*, expected an object"),
        ('{"epoch": "1", "loader": "train", "stats": {}}', "line 2: got .*, expected an object"),
        ('{"epoch": 1, "loader": 5, "stats": {}}', "line 2: got .*, expected an object"),
        ('{"epoch": 1, "loader": "train", "stats": []}', "line 2: got .*, expected an object"),
        ('{"epoch": 1, "loader": "train", "stats": {"a": "b"}}', "line 2: got .*, expected an object"),
        ("\udcff", "line 2: not JSON|got bytes"),
    ],
)
def test_a_line_of_another_form_is_refused(line: str, words: str, tmp_path: Path) -> None:
    good = '{"epoch": 1, "loader": "train", "stats": {"a": 1}}\n'
    (tmp_path / FILE_NAME).write_bytes((good + line).encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=f"training record: .*{words}"):
        read_history(tmp_path)
