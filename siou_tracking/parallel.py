"""Independent jobs over the machine's cores, each process with its share of threads."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_jobs(
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    while_waiting: Callable[[], None] | None = None,
    workers: int | None = None,
) -> Iterator[tuple[int, Any]]:
    """Call `function(*job)` for every job and yield (job index, result) as each ends.

    Jobs run in processes of their own, one a core, so that a small model's steps do not wait for threads to meet. An
    exception of a job is raised here, and the jobs that have not begun are dropped.

    Args:
        function: importable by name, because processes are spawned.
        jobs: argument tuples that can be pickled.
        while_waiting: called about once a second until all have ended, to show progress.
        workers: processes at the most; None for one a core.
    """
    processes = min(workers or cores(), len(jobs))
    pool = concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), set_threads, (max(1, cores() // processes),)
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


def set_threads(count: int) -> None:
    """Let OpenCV and torch use `count` threads in this process; torch need not be imported, now or ever."""
    import cv2

    os.environ["OMP_NUM_THREADS"] = str(count)  # what torch reads when it is imported later
    cv2.setNumThreads(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
