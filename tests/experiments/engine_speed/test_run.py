"""The table of times: parts of an iteration sum to it, and data are not a part."""

from __future__ import annotations

import os

import pytest

from experiments.engine_speed.run import medians
from experiments.engine_speed.worker import DATA, start_worker, stopwatch


def test_an_iteration_is_the_sum_of_its_parts_without_the_data() -> None:
    steps = [{"gradients": g, "optimizer": o, DATA: 9.0} for g, o in ((1.0, 1.0), (5.0, 1.0), (3.0, 2.0))]
    assert medians(steps) == {"iteration": 5.0, "gradients": 3.0, "optimizer": 1.0, DATA: 9.0, "each": [2.0, 6.0, 5.0]}


def test_a_stopwatch_notes_the_time_since_the_part_before(monkeypatch) -> None:
    now = iter([0.0, 2.0, 2.5])
    monkeypatch.setattr("time.process_time", lambda: next(now))
    times: dict[str, float] = {}
    note = stopwatch(times)
    for part in ("first", "second"):
        note(part)
    assert times == {"first": pytest.approx(2000), "second": pytest.approx(500)}


def test_each_engine_has_a_process() -> None:
    with start_worker() as ours, start_worker() as theirs:
        assert len({os.getpid(), ours.submit(os.getpid).result(), theirs.submit(os.getpid).result()}) == 3
