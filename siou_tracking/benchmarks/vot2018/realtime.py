"""One run of VOT2018's real-time experiment: frames arrive at 20 a second whether the tracker is ready or not.

Follows the MATLAB toolkit's `experiment_realtime` in its "real" mode with VOT2018's settings (20 frames a second for
every sequence, grace 3, restart 5 frames later). The tracker is handed a frame and its time is measured; its answer
belongs to the frame that is current when it arrives, and until then the answer before it stands. The first three calls
after an initialization, this one included, count as one frame period however long they take. Elapsed time is rounded to
the nearest whole number of periods, as there, so an answer that is late by less than half a period is in time.

Only the tracker's calls are timed, by the clock of the trial; reading images is free, where the MATLAB toolkit measures
the tracker process from receiving the image path to answering. One departure: the first lost frame is the failure and
the rows up to the restart are 0, where the toolkit can mark the late answer's frame or leave that answer in it; the
restart comes five frames after that answer in both. The toolkit of today (vot-toolkit 0.9.0)
simulates the same by other rules, so scores of this experiment depend on machine and program; report both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from siou_tracking.benchmarks.base import Tick
from siou_tracking.benchmarks.vot2018.protocol import SKIP

if TYPE_CHECKING:
    from siou_tracking.benchmarks.vot2018.run import Trial

FPS = 20.0
GRACE = 3


class _Stopwatch:
    """Tells which frame is current, from the time spent since the tracker was started on frame `first`."""

    def __init__(self, first: int, fps: float, grace: int) -> None:
        self._first, self._fps, self._grace = first, fps, grace
        self._milliseconds = 0.0

    def current(self, spent: float) -> int:
        """The frame that is current after a call of `spent` seconds."""
        period = 1000.0 / self._fps
        self._milliseconds += period if self._grace > 0 else max(period, spent * 1000.0)
        self._grace -= 1
        periods = math.floor(self._milliseconds * self._fps + 1e-6) / 1000.0
        return self._first + math.floor(periods + 0.5) - 1


def run_realtime(
    trial: Trial, tick: Tick = lambda frames: None, fps: float = FPS, grace: int = GRACE
) -> tuple[list[str], list[str]]:
    """One run: result rows and seconds (empty where the tracker was not asked) for every frame.

    Args:
        trial: tracker, sequence and rules.
        tick: called with the number of frames that passed.
        fps: frames that arrive in a second.
        grace: calls after an initialization, itself included, that count as one period each.
    """
    count = len(trial.sequence)
    rows, seconds = ["0"] * count, [""] * count
    first = 0
    while first < count:
        end = _until_failure(trial, first, _Stopwatch(first, fps, grace), rows, seconds)
        tick(min(end, count) - first)
        first = end
    return rows, seconds


def _until_failure(trial: Trial, first: int, watch: _Stopwatch, rows: list[str], seconds: list[str]) -> int:
    """Start on frame `first`, follow until the target is lost, fill rows; the next frame to start on."""
    count = len(rows)
    took = trial.start(first)
    rows[first], seconds[first] = "1", f"{took:.6f}"
    held = ",".join(f"{value:.4f}" for value in trial.start_boxes[first])
    frame = watch.current(took) + 1
    while frame < count:
        answer, took = trial.follow(frame)
        seconds[frame] = f"{took:.6f}"
        current = watch.current(took)
        failed = None
        for waiting in range(frame, min(count, current)):
            if trial.lost(held, waiting):
                failed = waiting
                break
            rows[waiting] = held
        if failed is None and current < count:
            if trial.lost(answer, current):
                failed = current
            else:
                rows[current] = answer
        if failed is not None:
            rows[failed] = "2"
            return current + SKIP
        held = answer
        frame = current + 1
    return count
