"""Verbs that are killed at random moments end with the result of a run that nothing happened to, and leave nothing.

Slow, and run by name: `pytest tests/faults/test_kills.py::test_a_killed_verb`; FAULT_KILLS=25 kills each so often.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from siou_tracking.cli.main import main
from tests.faults.killing import Killed, run_killed, run_once
from tests.faults.verbs import VERBS, take

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("FAULT_KILLS", "6"))
OWN_CODES = {0, 130, 138, 143, -9, -10, -15}
"""Of a training that stops in good order, and of one that is killed before it or outright."""


@pytest.mark.parametrize(
    ("verb", "more"),
    [(verb, ()) for verb in VERBS] + [(verb, ("--workers", "2")) for verb in ("train", "mot train")],
    ids=lambda part: "-".join(part) if isinstance(part, tuple) else part,
)
def test_a_killed_verb(verb: str, more: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All runs are in the same folder, one after the other: its name is in what they write."""
    monkeypatch.setenv("STARTS", str(tmp_path / "starts"))
    monkeypatch.setenv("SLOW", "0.02")
    words, out = VERBS[verb](tmp_path)
    words, place = [*words, *more], tmp_path / out
    with monkeypatch.context() as here:
        here.chdir(tmp_path)
        assert main(words) == 0  # here, so that everything that it imports is there
    clean = take(place)
    seconds = run_once(words, tmp_path)
    assert take(place) == clean
    told, rounds = Killed({}, []), 0
    while len(told.codes) < KILLS and (rounds := rounds + 1) <= KILLS:
        told.add(run_killed(words, tmp_path, seconds / 3, KILLS - len(told.codes), rounds))
        assert take(place) == clean
    assert not [path for path in tmp_path.rglob(".*") if path.name != ".git"]
    print(f"\npassed: {verb} {' '.join(more)}: {seconds:.1f} s: {told.kills}, exit codes {told.codes}")
    if "train" in verb:
        assert set(told.codes) <= OWN_CODES
        assert "fault of ours" not in (tmp_path / "log.txt").read_text()
