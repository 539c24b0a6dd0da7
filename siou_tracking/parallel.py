"""Independent jobs over the machine's cores, each process with its share of threads."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Any: the arguments are those of `function`, of whatever types it has.
def run_jobs(
    function: Callable[..., _Result],
    jobs: Sequence[tuple[Any, ...]],
    while_waiting: Callable[[], None] | None = None,
    workers: int | None = None,
) -> Iterator[tuple[int, _Result]]:
    """Call `function(*job)` for every job and yield (job index, result) as each ends.

    Jobs run in processes of their own, one a core, so that a small model's steps do not wait for threads to meet. They
    end with this process, also when it is killed: none goes on writing into what the next start makes anew. An
    exception of a job is raised here, and the jobs that have not begun are dropped.

    Args:
        function: importable by name, because processes are spawned.
        jobs: argument tuples that can be pickled.
        while_waiting: called about once a second until all have ended, to show progress.
        workers: processes at the most; None for one a core, 1 works in this one, a job after the other.
    """
    if workers == 1:
        for index, job in enumerate(jobs):
            result = function(*job)
            if while_waiting is not None:
                while_waiting()
            yield index, result
        return
    if not jobs:
        return
    processes = min(workers or cores(), len(jobs))
    pool = concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _begin_worker, (max(1, cores() // processes),)
    )
    try:
        waiting = {pool.submit(function, *job): index for index, job in enumerate(jobs)}
        while waiting:
            ended, _ = concurrent.futures.wait(waiting, 1.0, concurrent.futures.FIRST_COMPLETED)
            if while_waiting is not None:
                while_waiting()
            for future in ended:
                yield waiting.pop(future), future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin_worker(threads: int) -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    set_threads(threads)


def end_with_parent() -> None:
    """Wait until the process that started this one is gone, then end at once, whatever is under way."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # sys.exit would end this thread alone


def set_threads(count: int) -> None:
    """Let OpenCV and torch use `count` threads in this process; torch need not be imported, now or ever."""
    import cv2

    os.environ["OMP_NUM_THREADS"] = str(count)  # what torch reads when it is imported later
    cv2.setNumThreads(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
