"""The table of times: parts of an iteration sum to it, and data are not a part."""

from __future__ import annotations

import pytest

from experiments.engine_speed.run import DATA, _medians, _stopwatch


def test_an_iteration_is_the_sum_of_its_parts_without_the_data() -> None:
    parts = {"gradients": [1.0, 5.0, 3.0], "optimizer": [1.0, 1.0, 2.0], DATA: [9.0, 9.0, 9.0]}
    assert _medians(parts) == {"iteration": 5.0, "gradients": 3.0, "optimizer": 1.0, DATA: 9.0}


def test_a_stopwatch_adds_a_time_to_each_part_it_is_told_of(monkeypatch) -> None:
    now = iter([0.0, 2.0, 2.5])
    monkeypatch.setattr("time.process_time", lambda: next(now))
    times: dict[str, list[float]] = {"first": [], "second": []}
    note = _stopwatch(times)
    for part in times:
        note(part)
    assert times == {"first": [pytest.approx(2000)], "second": [pytest.approx(500)]}
