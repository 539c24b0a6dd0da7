"""Independent jobs over the machine's cores, each process with its share of threads."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_jobs(
    function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], while_waiting: Callable[[], None] | None = None
) -> Iterator[tuple[int, Any]]:
    """Call `function(*job)` for every job and yield (job index, result) as each ends.

    Jobs run in processes of their own, one a core, so that a small model's steps do not wait for threads to meet. An
    exception of a job is raised here, and the jobs that have not begun are dropped.

    Args:
        function: importable by name, because processes are spawned.
        jobs: argument tuples that can be pickled.
        while_waiting: called about once a second until all have ended, to show progress.
    """
    processes = min(cores(), len(jobs))
    pool = concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _set_threads, (max(1, cores() // processes),)
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


def _set_threads(count: int) -> None:
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)
