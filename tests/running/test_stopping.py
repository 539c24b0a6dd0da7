"""Notices that come while the processes of a training begin end none of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import pytest

from siou_tracking.running.stopping import NOTICES, StopRequest, notices_held_back, outlast_notices


def begin_slowly(ready: multiprocessing.synchronize.Event, told: multiprocessing.synchronize.Event) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # as torch leaves it in a worker
    ready.set()
    told.wait(60)
    outlast_notices()
    time.sleep(0.1)


@pytest.mark.parametrize("name", NOTICES)
def test_a_process_that_begins_in_the_block_outlasts_a_notice(name: str) -> None:
    context = multiprocessing.get_context("fork")
    ready, told = context.Event(), context.Event()
    process = context.Process(target=begin_slowly, args=(ready, told))
    with notices_held_back():
        process.start()
    assert ready.wait(60)
    os.kill(process.pid or 0, getattr(signal, name))
    told.set()
    process.join(60)
    assert process.exitcode == 0


def test_this_process_gets_what_came_once_the_block_has_ended() -> None:
    with StopRequest(NOTICES) as asked:
        with notices_held_back():
            os.kill(os.getpid(), signal.SIGUSR1)
        assert asked.name == "SIGUSR1"
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
