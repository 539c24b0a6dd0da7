"""One process's part of a run: sequence after sequence, each with a new tracker."""

from __future__ import annotations

import glob
import weakref
from collections.abc import Callable
from pathlib import Path

from siou_tracking.benchmarks.base import Tick
from siou_tracking.benchmarks.running.settings import RunSettings
from siou_tracking.benchmarks.sequence import BenchmarkSequence
from siou_tracking.errors import NO_ROOM, InputError, NoRoom
from siou_tracking.trackers import Tracker


class SequenceRunner:
    """Runs sequences in one process.

    Args:
        settings: of the run.
        worker: number of the process; picks a GPU where there are several.

    Raises:
        InputError: the tracker cannot be built.
    """

    def __init__(self, settings: RunSettings, worker: int = 0) -> None:
        self._settings, self._worker = settings, worker
        self._session = _open_session(self, settings)
        self._ready: Tracker | None = settings.build(worker)  # now: what cannot be built is said before any sequence

    def __call__(self, sequence: BenchmarkSequence, tick: Tick) -> None:
        """Run what is missing of one sequence; `tick` is told the frames that passed.

        Raises:
            InputError: see `Benchmark.run_sequence`.
            NoRoom: the results folder takes no more.
        """
        _remove_leftovers(self._settings, sequence.name)
        try:
            self._settings.benchmark.run_sequence(sequence, self._settings, self._tracker, tick)
        except OSError as error:
            if error.errno not in NO_ROOM or self._settings.folder not in Path(error.filename or "").parents:
                raise
            what, mend = NO_ROOM[error.errno]
            raise NoRoom(f"{what} {error.filename}: {mend} and give the same command again") from error

    def _tracker(self, repetition: int) -> Tracker:
        ready, self._ready = self._ready, None
        return ready if ready is not None and repetition == 1 else self._settings.build(self._worker, repetition)


def is_finished(settings: RunSettings, sequence: BenchmarkSequence) -> bool:
    """Whether all results of a sequence are there.

    Raises:
        InputError: a result of another length than the sequence: it was made on other data.
    """
    benchmark = settings.benchmark
    files = benchmark.result_files(sequence.name, settings)
    there = [file for file in files if file.is_file()]
    for file in there:
        rows = benchmark.count_rows(file)
        if rows != len(sequence):
            raise InputError(
                f"{file}: an earlier result of {rows} rows, the sequence has {len(sequence)} frames: was it made on "
                "other data?"
            )
    return len(there) == len(files) or benchmark.needs_no_more(files)


def _open_session(runner: SequenceRunner, settings: RunSettings) -> Callable[[], object] | None:
    """A checkout's modules stay imported from the first sequence to the last: each tracker alone would load them."""
    if settings.pytracking is None:
        return None
    from siou_tracking.bridge.checkout import find_checkout
    from siou_tracking.bridge.held_session import hold_session

    return weakref.finalize(runner, hold_session(find_checkout(settings.pytracking)))


def _remove_leftovers(settings: RunSettings, name: str) -> None:
    """Temporary files of a process that was killed while it wrote a result of this sequence."""
    folder = settings.benchmark.result_files(name, settings)[0].parent
    for file in folder.glob(f".{glob.escape(name)}*.tmp.*"):
        file.unlink(missing_ok=True)
