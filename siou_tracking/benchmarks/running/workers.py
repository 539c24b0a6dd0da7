"""Jobs over worker processes, where a job may fail or take its process down without ending the others."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeAlias, TypeVar

from tqdm import tqdm

from siou_tracking.benchmarks.base import Tick
from siou_tracking.errors import InputError, NoRoom
from siou_tracking.parallel import cores, end_with_parent, set_threads

Job = TypeVar("Job")
Work: TypeAlias = Callable[[Job, Tick], object]
Setup: TypeAlias = Callable[[int], Work[Job]]
_TICK_SECONDS = 0.2  # how often a worker tells its progress


def run_in_workers(
    setup: Setup[Job], jobs: Sequence[Job], workers: int, on_tick: Callable[[int, int], object]
) -> Iterator[tuple[int, str | None]]:
    """Do every job and yield (its index, why it failed or None) as each ends.

    Args:
        setup: called with the worker's number before its first job; returns the function that does one job and is given
            a callback for its progress. Picklable, because processes are spawned.
        jobs: picklable; handed out in this order.
        workers: processes; 1 works in this process.
        on_tick: called with a job's index and how many more frames of it are done.

    Raises:
        InputError: raised by `setup`: no job could be done.
        NoRoom: no job that waits could be done.
    """
    if workers <= 1:
        work = setup(0)
        for index, job in enumerate(jobs):
            yield index, attempt(work, job, partial(on_tick, index))
        return
    pool = _Pool(setup, min(workers, len(jobs)))
    try:
        yield from pool.run(jobs, on_tick)
    finally:
        pool.close()


def attempt(work: Work[Job], job: Job, tick: Tick) -> str | None:
    """Do one job; the reason in one line when it fails.

    Raises:
        NoRoom: no other job could be done either.
    """
    try:
        work(job, tick)
    except NoRoom:
        raise
    except InputError as error:
        return str(error)
    except Exception as error:  # a tracker is anyone's code: whatever it raises ends its sequence only
        return " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return None


class _Pool(Generic[Job]):
    """Spawned workers, each with a pipe of its own, so that a dead one is known together with its job."""

    def __init__(self, setup: Setup[Job], count: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._setup, self._count = setup, count
        self._processes: dict[Connection, tuple[multiprocessing.process.BaseProcess, int]] = {}
        self._busy: dict[Connection, int] = {}
        self._unready: set[Connection] = set()

    def run(self, jobs: Sequence[Job], on_tick: Callable[[int, int], object]) -> Iterator[tuple[int, str | None]]:
        waiting = list(range(len(jobs)))[::-1]
        for number in range(self._count):
            self._start(number)
        while waiting or self._busy:
            ready = wait(list(self._processes))
            for pipe in [pipe for pipe in self._processes if pipe in ready]:
                try:
                    kind, value = pipe.recv()
                except (EOFError, OSError):
                    yield from self._replace(pipe, bool(waiting))
                    continue
                if kind == "tick":
                    on_tick(self._busy[pipe], value)
                    continue
                if kind == "unusable":
                    raise InputError(value)
                self._unready.discard(pipe)
                if kind == "done":
                    yield self._busy.pop(pipe), value
                if waiting:
                    self._busy[pipe] = waiting.pop()
                    pipe.send(jobs[self._busy[pipe]])

    def close(self) -> None:
        for pipe, (process, _) in self._processes.items():
            process.terminate()
            process.join()
            pipe.close()
        self._processes.clear()

    def _start(self, number: int) -> None:
        ours, theirs = self._context.Pipe()
        arguments = (self._setup, number, self._count, theirs)
        process = self._context.Process(target=_serve, args=arguments, daemon=True)
        process.start()
        theirs.close()
        self._processes[ours] = process, number
        self._unready.add(ours)

    def _replace(self, pipe: Connection, needed: bool) -> Iterator[tuple[int, str | None]]:
        """A worker died: its job failed, and another worker takes its place."""
        process, number = self._processes.pop(pipe)
        process.join()
        pipe.close()
        how = f"the process died, {_ended(process.exitcode)}"
        if pipe in self._unready:
            raise InputError(f"tracker: worker {number}: {how} before its first sequence; try --workers 1 to see why")
        if needed:
            self._start(number)
        if pipe in self._busy:
            yield self._busy.pop(pipe), how


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _serve(setup: Setup[Job], number: int, count: int, pipe: Connection) -> None:
    """What a worker process does until its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends its workers
    threading.Thread(target=end_with_parent, daemon=True).start()
    share_cores(count)
    tqdm.set_lock(
        threading.RLock()
    )  # its own is a semaphore that a worker which is ended leaves behind, with a warning
    try:
        logging.disable(logging.WARNING)  # the parent has made the same and said it
        work = setup(number)
    except InputError as error:
        pipe.send(("unusable", str(error)))
        return
    finally:
        logging.disable(logging.NOTSET)
    pipe.send(("ready", None))
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        ticker = _Ticker(pipe)
        try:
            pipe.send(("done", attempt(work, job, ticker)))
        except NoRoom as error:
            pipe.send(("unusable", str(error)))


def share_cores(workers: int) -> None:
    """Give this process its share of the machine's threads, so that workers do not wait for each other's."""
    import torch

    set_threads(max(1, min(cores() // workers, torch.get_num_threads())))


class _Ticker:
    """Sends progress now and then instead of at every frame."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._frames, self._sent = pipe, 0, time.monotonic()

    def __call__(self, frames: int) -> None:
        self._frames += frames
        if time.monotonic() - self._sent > _TICK_SECONDS:
            self._pipe.send(("tick", self._frames))
            self._frames, self._sent = 0, time.monotonic()
