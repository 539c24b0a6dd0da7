"""A results folder that takes no more ends the run at once, with what is whole kept."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from siou_tracking.benchmarks.running.run import run_benchmark
from siou_tracking.errors import NoRoom
from tests.benchmarks.running.scripted import boxes_of, lab, otb

__all__ = ["lab"]


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process, or of those that it starts, grows beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_result_that_finds_no_room_ends_the_run_and_names_its_file(lab: Path, workers: int) -> None:
    data = otb(lab / "data", {"A": 90, "B": 8, "C": 7, "D": 6})
    message = r"no file of this size is allowed on .*/A\.txt: raise the limit and give the same command again"
    with largest_file(1200), pytest.raises(Exception, match=message) as caught:
        run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out", workers=workers)
    assert isinstance(caught.value, NoRoom) or workers > 1
    kept = boxes_of(lab / "out")
    assert "A.txt" not in {Path(name).name for name in kept} and len(kept) <= (workers - 1) * 3
    assert not [path for path in (lab / "out").rglob(".*") if "lock" not in path.name]
    report = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out", workers=workers)
    assert len(report.found) == len(kept) and not report.failed
    assert kept.items() <= boxes_of(lab / "out").items()
